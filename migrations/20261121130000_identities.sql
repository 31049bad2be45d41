-- An account somewhere else that somebody comes in with. Its key is what the provider never changes: issuer and subject.
-- A login name or an address is only ever shown.
create table identities (
    id bigint generated always as identity primary key,
    user_id bigint not null references users on delete cascade,
    -- the name of the provider in settings and addresses, such as github
    provider text not null,
    issuer text not null,
    subject text not null,
    -- what it was called when it was last used
    login text not null default '',
    linked_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    constraint identities_subject_key unique (issuer, subject),
    constraint identities_provider_key unique (user_id, provider)
);

-- One round trip to a provider, on its way. Used up by being deleted. The state and the browser's token are hashed; what
-- else the flow needs (the PKCE verifier, the nonce) is derived from that token, so no copy of this table is of use.
create table oauth_flows (
    state_hash bytea primary key,
    -- SHA-256 of the token in the cookie of the browser that began it
    browser_hash bytea not null,
    provider text not null,
    intent text not null,
    -- link, elevate, refresh: who asked, in which session (by the name that stays when its cookie changes)
    user_id bigint references users on delete cascade,
    session_id uuid,
    -- where to go on to, a path of ours
    next text not null default '/',
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '10 minutes',
    constraint oauth_flows_intent_known check (intent in ('sign_in', 'prove', 'link', 'elevate', 'refresh')),
    constraint oauth_flows_owner_whole check ((intent in ('sign_in', 'prove')) = (user_id is null)
        and (user_id is null) = (session_id is null))
);

create index oauth_flows_expires_at on oauth_flows (expires_at);
create index oauth_flows_user_id on oauth_flows (user_id) where user_id is not null;

-- Somebody a provider has told us of who is not in yet: they still choose a username, or prove an account first. It owns
-- and reserves nothing, and belongs to the browser that came back with it.
create table arrivals (
    -- SHA-256 of the token in that browser's cookie
    browser_hash bytea primary key,
    provider text not null,
    issuer text not null,
    subject text not null,
    login text not null,
    name text not null,
    -- where it says their picture is; fetched when there is somebody to have it
    picture text,
    -- verified by the provider, the primary one first
    addresses text[] not null,
    -- an address proved here, by a mailed code
    proved text,
    next text not null default '/',
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '30 minutes'
);

create index arrivals_expires_at on arrivals (expires_at);
