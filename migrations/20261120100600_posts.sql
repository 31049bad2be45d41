-- A post, or a reply to one. Newest first is `id desc`.
create table posts (
    id bigint generated always as identity primary key,
    author_id bigint not null references users on delete cascade,
    parent_id bigint references posts on delete cascade,
    body text not null,
    created_at timestamptz not null default now(),
    -- kept equal to the rows by the triggers below and in the next file
    like_count bigint not null default 0,
    reply_count bigint not null default 0,
    constraint posts_body_length check (char_length(body) between 1 and 1000)
);

-- The two feeds and a thread; each is read newest first without a sort.
create index posts_latest on posts (id desc) where parent_id is null;
create index posts_by_author on posts (author_id, id desc) where parent_id is null;
create index posts_by_parent on posts (parent_id, id) where parent_id is not null;
-- Deleting a person walks everything they wrote.
create index posts_author_id on posts (author_id);

create function posts_count_added() returns trigger language plpgsql as $$
begin
    update profile_counts c set posts = c.posts + n.n
    from (select author_id, count(*) as n from added where parent_id is null group by author_id) n
    where c.user_id = n.author_id;
    update posts p set reply_count = p.reply_count + n.n
    from (select parent_id, count(*) as n from added where parent_id is not null group by parent_id) n
    where p.id = n.parent_id;
    return null;
end $$;

create function posts_count_removed() returns trigger language plpgsql as $$
begin
    update profile_counts c set posts = c.posts - n.n
    from (select author_id, count(*) as n from removed where parent_id is null group by author_id) n
    where c.user_id = n.author_id;
    update posts p set reply_count = p.reply_count - n.n
    from (select parent_id, count(*) as n from removed where parent_id is not null group by parent_id) n
    where p.id = n.parent_id;
    return null;
end $$;

create trigger posts_count_added after insert on posts
    referencing new table as added for each statement execute function posts_count_added();
create trigger posts_count_removed after delete on posts
    referencing old table as removed for each statement execute function posts_count_removed();
