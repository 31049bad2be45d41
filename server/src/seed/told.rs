//! The notifications of the cast: enough for a page or two, the last days unread. Only for the cast: no other seeded
//! user can sign in.

use sqlx::PgConnection;

/// Written from the rows, as the site would have written them. Covers each user's newest posts and newest followers.
const INSERT_NOTIFICATIONS: &str = "
    with cast_post as (
        select p.* from unnest($1::bigint[]) c (id) cross join lateral (
            select id, author_id from posts where author_id = c.id and deleted_at is null order by id desc limit 60
        ) p
    ), told (user_id, kind, post_id, actor_id, at) as (
        select p.author_id, 'like', p.id, null::bigint, max(l.created_at)
        from cast_post p join likes l on l.post_id = p.id and l.user_id <> p.author_id group by p.author_id, p.id
        union all
        select p.author_id, 'reply', r.id, r.author_id, r.created_at
        from cast_post p join posts r on r.parent_id = p.id and r.author_id <> p.author_id
        union all
        select m.user_id, 'mention', p.id, p.author_id, p.created_at
        from unnest($1::bigint[]) c (id)
        cross join lateral (select * from post_mentions where user_id = c.id order by post_id desc limit 60) m
        join posts p on p.id = m.post_id and p.author_id <> m.user_id
        left join posts parent on parent.id = p.parent_id
        where parent.author_id is distinct from m.user_id
        union all
        select f.followee_id, 'follow', null, f.follower_id, f.created_at
        from unnest($1::bigint[]) c (id)
        cross join lateral (select * from follows where followee_id = c.id order by follower_id desc limit 40) f
    ), read as (
        select t.*, case when t.at < now() - interval '2 days' then t.at + interval '3 hours' end as read_at from told t
        where t.at > now() - interval '60 days'
    )
    insert into notifications (user_id, kind, post_id, actor_id, created_at, updated_at, read_at, mailed_at, expires_at)
    select user_id, kind, post_id, actor_id, at, at, read_at, read_at,
           coalesce(read_at + interval '90 days', at + interval '400 days')
    from read order by at";

/// Writes the notifications of the users with these ids.
pub(super) async fn all(db: &mut PgConnection, cast: &[i64]) -> sqlx::Result<()> {
    sqlx::query(INSERT_NOTIFICATIONS).bind(cast).execute(db).await.map(drop)
}
