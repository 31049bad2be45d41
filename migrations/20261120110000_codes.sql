-- Six-digit codes that were mailed: to sign in, to prove oneself again, to prove a new address. Each belongs to the
-- browser that asked for it, by its flow token.
create table codes (
    id bigint generated always as identity primary key,
    -- SHA-256 of the flow token
    flow_hash bytea not null,
    purpose text not null,
    -- null when the address is nobody's: the same answer is given, and no code opens it
    user_id bigint references users on delete cascade,
    -- where it was mailed to
    email text not null,
    -- HMAC-SHA-256 of the code, keyed with the flow token
    code_hash bytea,
    tries smallint not null default 0,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint codes_flow_key unique (flow_hash),
    constraint codes_purpose_known check (purpose in ('sign_in', 'elevate', 'change_email'))
);

create index codes_user_id on codes (user_id);
create index codes_expires_at on codes (expires_at);
