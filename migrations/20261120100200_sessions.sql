-- One row is one signed-in browser. The session store writes the first three columns; the rest is ours. A row without
-- a user is nobody; deleting the row ends everything it could do, at its next request, on every copy of the server.
create table sessions (
    -- the first 128 bits of SHA-256 of the cookie's value, never the value itself
    id text primary key,
    data bytea not null,
    expiry_date timestamptz not null,
    user_id bigint references users on delete cascade,
    -- what pages and forms call this session; says nothing about its cookie
    device_id uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    -- how long it may rest, and when it ends however busy it is
    idle_for interval not null default interval '10 minutes',
    ends_at timestamptz not null default now() + interval '10 minutes',
    -- the nearer of the two, kept by whoever writes them: the one thing the signed-in check compares with now()
    expires_at timestamptz not null default now() + interval '10 minutes',
    elevated_until timestamptz,
    how text,
    user_agent text not null default '',
    ip inet,
    constraint sessions_device_key unique (device_id)
);

create index sessions_user_id on sessions (user_id, last_seen_at) where user_id is not null;
create index sessions_expires_at on sessions (expires_at);
