-- What became of a post's words: rendered once, edited, taken back.
alter table posts
    -- What a page shows, made when the words were written. Null for a post that an older copy of the server wrote:
    -- the background work of a newer one fills it in.
    add column html text,
    add column edited_at timestamptz,
    -- A deleted post stays as an empty place while replies hang on it.
    add column deleted_at timestamptz,
    alter column author_id drop not null,
    drop constraint posts_body_length,
    add constraint posts_body_length check (deleted_at is not null or char_length(body) between 1 and 1000),
    add constraint posts_author_or_deleted check (deleted_at is not null or author_id is not null),
    add constraint posts_deleted_empty check (deleted_at is null or (author_id is null and body = '' and html is null));

-- Both are nearly empty: what the background work looks for.
create index posts_unrendered on posts (id) where html is null and deleted_at is null;
create index posts_deleted on posts (id) where deleted_at is not null;

-- An older copy may change a post's words, but not what they look like.
create function posts_forget_html() returns trigger language plpgsql as $$
begin
    if new.html is not distinct from old.html and new.body is distinct from old.body then
        new.html := null;
    end if;
    return new;
end $$;

create trigger posts_forget_html before update of body on posts
    for each row execute function posts_forget_html();

-- What was counted when a post was taken back is not counted again when its place goes.
create or replace function posts_count_removed() returns trigger language plpgsql as $$
begin
    update profile_counts c set posts = c.posts - n.n
    from (
        select author_id, count(*) as n from removed where parent_id is null and deleted_at is null group by author_id
    ) n
    where c.user_id = n.author_id;
    update posts p set reply_count = p.reply_count - n.n
    from (
        select parent_id, count(*) as n from removed where parent_id is not null and deleted_at is null group by parent_id
    ) n
    where p.id = n.parent_id;
    return null;
end $$;

-- Per row, because one with a transition table would run at every like.
create function posts_count_deleted() returns trigger language plpgsql as $$
begin
    if old.parent_id is null then
        update profile_counts set posts = posts - 1 where user_id = old.author_id;
    else
        update posts set reply_count = reply_count - 1 where id = old.parent_id;
    end if;
    return null;
end $$;

create trigger posts_count_deleted after update of deleted_at on posts
    for each row when (old.deleted_at is null and new.deleted_at is not null)
    execute function posts_count_deleted();

-- The words of before, as they were until an edit.
create table post_versions (
    id bigint generated always as identity primary key,
    post_id bigint not null references posts on delete cascade,
    body text not null,
    html text not null,
    written_at timestamptz not null
);

create index post_versions_post_id on post_versions (post_id, id desc);

-- The tags in a post's words, folded (see `markup::tag`): a tag's page is read newest first from its key.
create table post_tags (
    tag text not null,
    post_id bigint not null references posts on delete cascade,
    primary key (tag, post_id),
    constraint post_tags_tag_length check (char_length(tag) between 1 and 50)
);

create index post_tags_post_id on post_tags (post_id);

-- Whom a post's words name.
create table post_mentions (
    post_id bigint not null references posts on delete cascade,
    user_id bigint not null references users on delete cascade,
    primary key (post_id, user_id)
);

create index post_mentions_user_id on post_mentions (user_id, post_id desc);
