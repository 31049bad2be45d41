-- Browsers that somebody has signed in from before: a sign-in from another one is told to them by mail, and failures of
-- strangers do not count against these.
create table known_browsers (
    user_id bigint not null references users on delete cascade,
    -- SHA-256 of the browser's token and the user's id: two people's rows cannot be matched
    browser_hash bytea not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    primary key (user_id, browser_hash)
);

create index known_browsers_last_seen_at on known_browsers (last_seen_at);
