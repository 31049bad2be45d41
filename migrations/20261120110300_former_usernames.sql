-- A name that was given up stays its owner's for 30 days, and leads to the new one meanwhile.
create table former_usernames (
    username text primary key,
    user_id bigint not null references users on delete cascade,
    released_at timestamptz not null default now() + interval '30 days'
);

create index former_usernames_user_id on former_usernames (user_id);
