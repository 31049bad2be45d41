-- Deleting an account takes two steps: one short transaction hides the account and erases its secrets, then the job queue
-- deletes its rows in small transactions and the row of `users` last.
alter table users
    -- Set when the account was deleted. What is left of it is hidden in the same way as a suspended account.
    add column deleted_at timestamptz,
    drop constraint users_username_shape,
    -- A name and an address that nobody can type take the place of the real ones, which are free or reserved from then on.
    add constraint users_username_shape check (
        case when deleted_at is null then username ~ '^[a-z][a-z0-9_]{2,23}$' else username = '~' || id end
    ),
    -- No instance of the server can restore it.
    add constraint users_deleted_hidden check (
        deleted_at is null or (suspended_at is not null and suspended_until is null and email = '~' || id)
    );

create index users_deleted on users (id) where deleted_at is not null;

-- Users who were suspended, restored or deleted, and whose effect on the notifications of others is not fully stored yet.
create table visibility_changes (
    user_id bigint primary key references users on delete cascade,
    changed_at timestamptz not null default clock_timestamp(),
    -- How far the background work has come: 1 replies and mentions, 2 follows, 3 likes; then the last key it handled.
    stage smallint not null default 1,
    after_user bigint not null default 0,
    after_post bigint not null default 0,
    before_time timestamptz not null default 'infinity'
);

create index visibility_changes_changed_at on visibility_changes (changed_at);

create function visibility_is_changing() returns boolean language sql stable as $$
    select exists (select from visibility_changes)
$$;

-- The unread notifications of a user, 100 at most, while such work is left: each of them is checked.
create function notifications_unread_shown(receiver bigint) returns bigint language sql stable as $$
    select count(*) from (
        select from (
            select n from notifications n
            where n.user_id = receiver and n.read_at is null and n.withdrawn_at is null limit 1000
        ) unread
        where notifications_holds(unread.n) limit 100
    ) few
$$;

-- Withdraws or brings back these notifications, whichever is right now, and adds the digests they are due in, and the digest
-- of a user who may read again. All digests in one statement, in order: two such changes at once cannot wait for each other.
create function notifications_settle(ids bigint[], restored bigint default null) returns void language plpgsql as $$
begin
    perform from notifications where id = any (ids) order by id for no key update;
    with changed as (
        update notifications n set withdrawn_at = case when n.withdrawn_at is null then now() end
        where n.id = any (ids) and notifications_holds(n) <> (n.withdrawn_at is null)
        returning n.user_id, n.kind, n.read_at, n.mailed_at, n.withdrawn_at
    )
    insert into digests (user_id, due_at)
    select w.user_id, min(due) from (
        select user_id, kind from changed where withdrawn_at is null and read_at is null and mailed_at is null
        union
        select restored, k.kind from unnest(array['reply', 'mention', 'follow', 'like']) k (kind)
        where exists (
            select from notifications n
            where n.user_id = restored and n.kind = k.kind
              and n.read_at is null and n.withdrawn_at is null and n.mailed_at is null
        )
    ) w, digest_due(w.user_id, w.kind) due
    where due is not null group by w.user_id order by w.user_id
    on conflict (user_id) do update set due_at = digests.due_at where false;
end $$;

-- At most 500 notifications are settled at once; what a larger account caused is left to the background work.
create or replace function users_told_suspended() returns trigger language plpgsql as $$
declare
    restored bigint := case when new.suspended_at is null and new.deleted_at is null then new.id end;
begin
    if new.deleted_at is not null or exists (select from visibility_changes where user_id = new.id) or (
        select count(*) > 500 from (
            (select from notifications where actor_id = new.id limit 501)
            union all (select from likes where user_id = new.id limit 501)
        ) caused
    ) then
        insert into visibility_changes (user_id) values (new.id)
        on conflict (user_id) do update set changed_at = excluded.changed_at, stage = excluded.stage,
            after_user = excluded.after_user, after_post = excluded.after_post, before_time = excluded.before_time;
        perform notifications_settle('{}', restored);
    else
        perform notifications_settle(array(
            select id from notifications where actor_id = new.id
            union
            select t.id from likes l join notifications t on t.post_id = l.post_id and t.kind = 'like'
            where l.user_id = new.id
        ), restored);
    end if;
    return null;
end $$;
