-- How often something was tried. The policies (how many, in how long) are in the code; counting them here makes them
-- hold across every copy of the server.
create table limits (
    policy text not null,
    -- SHA-256 of what is counted: an address, a name, a client; so that this table holds none of them
    key bytea not null,
    count integer not null,
    window_ends_at timestamptz not null,
    primary key (policy, key)
);

create index limits_window_ends_at on limits (window_ends_at);
