-- What somebody is told of: one row for each answer, mention and follower, and one for all likes of a post. Who likes is
-- read from `likes`, never copied: a row cannot say more than is true.
create table notifications (
    id bigint generated always as identity primary key,
    -- who is told
    user_id bigint not null references users on delete cascade,
    kind text not null,
    -- the answer, the post that mentions, the post that is liked
    post_id bigint references posts on delete cascade,
    -- who did it; nobody in the row of all likes
    actor_id bigint references users on delete cascade,
    created_at timestamptz not null default now(),
    -- when the newest of what is gathered came; the order of the page
    updated_at timestamptz not null default now(),
    read_at timestamptz,
    -- in a digest
    mailed_at timestamptz,
    -- not so any more (a like taken back): not shown and not counted, but remembered, so that it is not news again
    withdrawn_at timestamptz,
    -- 400 days after the newest, 90 after it was read
    expires_at timestamptz not null default now() + interval '400 days',
    constraint notifications_kind_known check (kind in ('reply', 'mention', 'follow', 'like')),
    constraint notifications_kind_whole check (
        (post_id is null) = (kind = 'follow') and (actor_id is null) = (kind = 'like')
    ),
    -- A like is about one's own post, everything else about another's: no post is two things to one person.
    constraint notifications_post_key unique (post_id, user_id),
    -- For followers; and it is how all a person caused is found.
    constraint notifications_actor_key unique nulls not distinct (actor_id, user_id, post_id)
);

create index notifications_newest on notifications (user_id, updated_at desc, id desc) where withdrawn_at is null;
-- The count that stands on every page comes from here, inside the session check. Counted and not kept in a column:
-- a column would be locked by everybody who likes what a popular person wrote, and it would drift.
create index notifications_unread on notifications (user_id) where read_at is null and withdrawn_at is null;
create index notifications_expires_at on notifications (expires_at);
-- Who liked a post last.
create index likes_newest on likes (post_id, created_at desc, user_id);

-- Likes that were taken back: whoever gives one again is no news. Swept after 90 days.
create table unlikes (
    post_id bigint not null references posts on delete cascade,
    user_id bigint not null references users on delete cascade,
    at timestamptz not null default now(),
    primary key (post_id, user_id)
);

create index unlikes_user_id on unlikes (user_id);
create index unlikes_at on unlikes (at);

-- The one place that decides whether `receiver` is told of what `actor` does. Blocks and mutes belong here.
create function is_told(receiver bigint, actor bigint) returns boolean language sql stable as $$
    select receiver <> actor and exists (select from users where id = actor and suspended_at is null)
$$;

-- Whether what a notification says is so.
create function notifications_holds(told notifications) returns boolean language sql stable as $$
    select case told.kind
        when 'like' then exists (
            select from likes l where l.post_id = told.post_id and is_told(told.user_id, l.user_id)
        )
        when 'follow' then is_told(told.user_id, told.actor_id) and exists (
            select from follows f where f.follower_id = told.actor_id and f.followee_id = told.user_id
        )
        when 'mention' then is_told(told.user_id, told.actor_id) and exists (
            select from post_mentions m where m.post_id = told.post_id and m.user_id = told.user_id
        )
        else is_told(told.user_id, told.actor_id)
    end
$$;

-- Statement triggers, so that they also run for the cascades of a deleted person or post. The counts of likes come
-- first by the names of the triggers: they hold the post's row, so of two who take back the last likes one sees it.
create function likes_told_removed() returns trigger language plpgsql as $$
begin
    update notifications n set withdrawn_at = now()
    from (select distinct post_id from removed) r
    where n.post_id = r.post_id and n.kind = 'like' and n.withdrawn_at is null and not notifications_holds(n);
    return null;
end $$;

create trigger likes_told_removed after delete on likes
    referencing old table as removed for each statement execute function likes_told_removed();

create function follows_told_removed() returns trigger language plpgsql as $$
begin
    update notifications n set withdrawn_at = now()
    from removed r
    where n.actor_id = r.follower_id and n.user_id = r.followee_id and n.post_id is null and n.withdrawn_at is null;
    return null;
end $$;

create trigger follows_told_removed after delete on follows
    referencing old table as removed for each statement execute function follows_told_removed();

-- Of an empty place nothing is told.
create function posts_told_deleted() returns trigger language plpgsql as $$
begin
    delete from notifications where post_id = old.id;
    return null;
end $$;

create trigger posts_told_deleted after update of deleted_at on posts
    for each row when (old.deleted_at is null and new.deleted_at is not null) execute function posts_told_deleted();

-- What a suspended person did is told of again when they are back.
create function users_told_suspended() returns trigger language plpgsql as $$
begin
    update notifications n set withdrawn_at = case when n.withdrawn_at is null then now() end
    from (
        select id from notifications where actor_id = new.id
        union
        select t.id from likes l join notifications t on t.post_id = l.post_id and t.kind = 'like' where l.user_id = new.id
    ) touched
    where n.id = touched.id and notifications_holds(n) <> (n.withdrawn_at is null);
    return null;
end $$;

create trigger users_told_suspended after update of suspended_at on users for each row
    when ((old.suspended_at is null) <> (new.suspended_at is null)) execute function users_told_suspended();

-- How often a person gets a mail of what waits unread, and of which kinds. By itself a day after somebody wrote to
-- them, if they have not seen it: what people say, not what they press.
alter table users
    add column digest_rhythm text not null default 'daily',
    add column digest_kinds text[] not null default '{reply,mention}',
    add constraint users_digest_rhythm_known check (digest_rhythm in ('off', 'daily', 'weekly')),
    add constraint users_digest_kinds_known check (digest_kinds <@ '{reply,mention,follow,like}');

-- Who has something to be mailed, and when: from the first of it until it is mailed, so at most once in a rhythm.
create table digests (
    user_id bigint primary key references users on delete cascade,
    due_at timestamptz not null
);

create index digests_due_at on digests (due_at);

-- When a person should be mailed of something of this kind that comes now; null when not at all.
create function digest_due(receiver bigint, about text) returns timestamptz language sql stable as $$
    select now() + case u.digest_rhythm when 'daily' then interval '1 day' when 'weekly' then interval '7 days' end
    from users u where u.id = receiver and about = any (u.digest_kinds)
$$;

-- The links in digests that end them. Unlike others they work for as long as they are kept, however often: a mail
-- provider may press for its user (RFC 8058). Only the hash of the token is kept.
create table unsubscribe_links (
    token_hash bytea primary key,
    user_id bigint not null references users on delete cascade,
    expires_at timestamptz not null default now() + interval '90 days'
);

create index unsubscribe_links_user_id on unsubscribe_links (user_id);
create index unsubscribe_links_expires_at on unsubscribe_links (expires_at);
