-- The only authority on who somebody is. A row exists only once its address is proved and its username chosen.
create table users (
    id bigint generated always as identity primary key,
    username text not null,
    display_name text not null default '',
    email text not null,
    bio text not null default '',
    -- The file name of an uploaded picture; null means the one generated from the username.
    avatar text,
    role text not null default 'member',
    created_at timestamptz not null default now(),
    suspended_at timestamptz,
    suspended_until timestamptz,
    suspended_reason text,
    constraint users_username_key unique (username),
    constraint users_username_shape check (username ~ '^[a-z][a-z0-9_]{2,23}$'),
    constraint users_email_shape check (octet_length(email) <= 254),
    constraint users_display_name_length check (char_length(display_name) <= 50),
    constraint users_bio_length check (char_length(bio) <= 300),
    constraint users_role_known check (role in ('member', 'moderator', 'admin')),
    constraint users_suspension_whole check (suspended_at is not null or (suspended_until is null and suspended_reason is null))
);

-- Addresses are ASCII (the domain in its IDNA form), so lower() is all the folding there is.
create unique index users_email_key on users (lower(email));

-- Counts that change with every follow and post live beside the users row, not in it: a popular person's row is
-- locked by sign-in methods and must not queue behind their followers.
create table profile_counts (
    user_id bigint primary key references users on delete cascade,
    followers bigint not null default 0,
    following bigint not null default 0,
    posts bigint not null default 0
);

create function users_open_counts() returns trigger language plpgsql as $$
begin
    insert into profile_counts (user_id) select id from added;
    return null;
end $$;

create trigger users_open_counts after insert on users
    referencing new table as added for each statement execute function users_open_counts();

create table passwords (
    user_id bigint primary key references users on delete cascade,
    -- argon2id, as a PHC string
    hash text not null,
    set_at timestamptz not null default now()
);

-- Whom to suggest: the most followed first.
create index profile_counts_followers on profile_counts (followers desc, user_id);
