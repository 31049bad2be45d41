-- Pictures of people, written anew by us in two sizes. Each is here once, whoever has it; nobody's are removed.
create table avatar_images (
    -- the beginning of SHA-256 over both sizes, in base64url
    id text primary key,
    small bytea not null,
    small_type text not null,
    large bytea not null,
    large_type text not null,
    -- or last given to somebody
    made_at timestamptz not null default now(),
    constraint avatar_images_id_shape check (id ~ '^[A-Za-z0-9_-]{16}$'),
    constraint avatar_images_types check (small_type in ('image/webp', 'image/jpeg') and large_type in ('image/webp', 'image/jpeg')),
    constraint avatar_images_sizes check (octet_length(small) <= 65536 and octet_length(large) <= 1048576)
);

-- They are compressed already.
alter table avatar_images alter column small set storage external, alter column large set storage external;

-- Nobody has a picture before this file lands, so there is nothing to check and the index is empty.
alter table users add constraint users_avatar_fkey foreign key (avatar) references avatar_images;
create index users_avatar on users (avatar) where avatar is not null;
comment on column users.avatar is 'the id of a picture; null means the one drawn from the username';
