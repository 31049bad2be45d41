-- What a form was already sent for: a retry after a lost answer finds what the first try wrote, and writes nothing.
create table post_keys (
    author_id bigint not null references users on delete cascade,
    -- A digest of the form's own random key and of what was sent with it.
    key bytea not null,
    -- No reference: who takes a post back does not write it again by a late retry.
    post_id bigint not null,
    made_at timestamptz not null default now(),
    primary key (author_id, key)
);

create index post_keys_made_at on post_keys (made_at);
