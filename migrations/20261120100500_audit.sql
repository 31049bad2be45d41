-- What happened to an account: who, what, from where, when. Never a secret. It outlives the account as a bare id.
create table audit_events (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    -- whose account it is about
    user_id bigint,
    -- who did it; null for the system and for strangers
    actor_id bigint,
    kind text not null,
    device_id uuid,
    ip inet,
    user_agent text not null default '',
    detail jsonb not null default '{}'
);

create index audit_events_user_id on audit_events (user_id, id desc);
create index audit_events_at on audit_events (at);
