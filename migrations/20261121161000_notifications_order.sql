-- The page of one person, the newest first. Not only of what is shown, so that deleting a person finds all of theirs by
-- it; and not another index beside it, which would serve a page less well and be taken for it.
drop index notifications_newest;
create index notifications_newest on notifications (user_id, (withdrawn_at is null), updated_at desc, id desc);

-- Several rows are taken in the order of their ids (docs/decisions/0003), before any of them is changed. Of a row about
-- likes only whether any are left is to be asked: `notifications_holds` asks the same among other things, and took a good
-- part of the time in which somebody who likes twenty thousand posts leaves.
create or replace function likes_told_removed() returns trigger language plpgsql as $$
begin
    perform from notifications n
    where n.post_id in (select post_id from removed) and n.kind = 'like' and n.withdrawn_at is null
    order by n.id for no key update;
    update notifications n set withdrawn_at = now()
    from (select distinct post_id from removed) r
    where n.post_id = r.post_id and n.kind = 'like' and n.withdrawn_at is null
      and not exists (select from likes l where l.post_id = n.post_id and is_told(n.user_id, l.user_id));
    return null;
end $$;

create or replace function follows_told_removed() returns trigger language plpgsql as $$
begin
    perform from notifications n join removed r on n.actor_id = r.follower_id and n.user_id = r.followee_id
    where n.post_id is null and n.withdrawn_at is null
    order by n.id for no key update of n;
    update notifications n set withdrawn_at = now()
    from removed r
    where n.actor_id = r.follower_id and n.user_id = r.followee_id and n.post_id is null and n.withdrawn_at is null;
    return null;
end $$;

create or replace function posts_told_deleted() returns trigger language plpgsql as $$
begin
    perform from notifications where post_id = old.id order by id for update;
    delete from notifications where post_id = old.id;
    return null;
end $$;

-- The same before a post goes with everything that hangs on it.
create function posts_told_held() returns trigger language plpgsql as $$
begin
    perform from notifications where post_id = old.id order by id for update;
    return old;
end $$;

create trigger posts_told_held before delete on posts for each row execute function posts_told_held();

-- What a suspended person did is told of again when they are back, also by mail; and so is what waited for them.
create or replace function users_told_suspended() returns trigger language plpgsql as $$
declare
    touched bigint[] := array(
        select n.id from notifications n where n.id in (
            select id from notifications where actor_id = new.id
            union
            select t.id from likes l join notifications t on t.post_id = l.post_id and t.kind = 'like'
            where l.user_id = new.id
        )
        order by n.id for no key update
    );
begin
    with changed as (
        update notifications n set withdrawn_at = case when n.withdrawn_at is null then now() end
        where n.id = any (touched) and notifications_holds(n) <> (n.withdrawn_at is null)
        returning n.user_id, n.kind, n.read_at, n.mailed_at, n.withdrawn_at
    )
    insert into digests (user_id, due_at)
    select w.user_id, min(due) from (
        select user_id, kind from changed where withdrawn_at is null and read_at is null and mailed_at is null
        union
        select n.user_id, n.kind from notifications n
        where n.user_id = new.id and new.suspended_at is null
          and n.read_at is null and n.withdrawn_at is null and n.mailed_at is null
    ) w, digest_due(w.user_id, w.kind) due
    where due is not null group by w.user_id order by w.user_id
    on conflict (user_id) do update set due_at = digests.due_at where false;
    return null;
end $$;

-- A mail is kept for long, and so is the way out that stands in it.
alter table unsubscribe_links alter column expires_at set default now() + interval '400 days';
update unsubscribe_links set expires_at = expires_at + interval '310 days';
