-- Links that were mailed and work once. The token is made when the mail is sent and only its hash is kept, so neither
-- this table nor the queue ever holds one.
create table links (
    id bigint generated always as identity primary key,
    purpose text not null,
    user_id bigint not null references users on delete cascade,
    -- SHA-256 of the token; null until its mail is sent
    token_hash bytea,
    -- undo_email: the address to go back to
    email text,
    -- end_session: which
    device_id uuid,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint links_token_key unique (token_hash),
    constraint links_purpose_known check (purpose in ('reset_password', 'undo_email', 'end_session'))
);

create index links_user_id on links (user_id);
create index links_expires_at on links (expires_at);
