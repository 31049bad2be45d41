-- Somebody on the way to an account. It owns and reserves nothing: no name, no address. It belongs to whoever holds
-- its flow token, which only the browser that began it has.
create table registrations (
    id bigint generated always as identity primary key,
    -- SHA-256 of the flow token
    flow_hash bytea not null,
    email text not null,
    username text not null,
    display_name text not null default '',
    -- null in an invitation until its person chooses one
    password_hash text,
    role text not null default 'member',
    remember boolean not null default true,
    -- HMAC-SHA-256 of the code, keyed with the flow token; null when no code can open this one
    code_hash bytea,
    code_expires_at timestamptz,
    code_tries smallint not null default 0,
    -- the address is known to be theirs: by the code, or vouched for by the operator who invited them
    proved_at timestamptz,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '30 minutes',
    constraint registrations_flow_key unique (flow_hash)
);

create index registrations_expires_at on registrations (expires_at);
