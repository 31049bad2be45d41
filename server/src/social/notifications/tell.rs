//! Creates notifications, inside the transaction of the event. The same statement notes a user who wants mail for the
//! next digest; the rows of `digests` are locked in the order of their ids.

use sqlx::PgConnection;

use crate::base::{
    error::Result,
    id::{PostId, UserId},
};

/// Notifies the author of a post of a like. A like that had been taken back before is not new.
pub(crate) async fn liked(tx: &mut PgConnection, post: PostId, by: UserId) -> Result<()> {
    sqlx::query!(
        r#"
        with before as (select from unlikes where post_id = $1 and user_id = $2), told as (
            insert into notifications as n (user_id, kind, post_id)
            select p.author_id, 'like', p.id from posts p where p.id = $1 and is_notified(p.author_id, $2)
            on conflict (post_id, user_id) do update set (withdrawn_at, updated_at, expires_at, read_at, mailed_at) = (
                select null::timestamptz, e.updated_at, e.expires_at, e.read_at, e.mailed_at from (
                    select n.updated_at, n.expires_at, n.read_at, n.mailed_at where exists (select from before)
                    union all
                    select excluded.updated_at, excluded.expires_at, null, null where not exists (select from before)
                ) e
            )
            returning user_id
        )
        insert into digests (user_id, due_at)
        select t.user_id, due from told t, digest_due(t.user_id, 'like') due where due is not null
        on conflict (user_id) do update set due_at = digests.due_at where false
        "#,
        post.0,
        by.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes a like, and remembers that it was given once. A trigger withdraws its notification.
pub(crate) async fn unliked(tx: &mut PgConnection, post: PostId, by: UserId) -> Result<()> {
    sqlx::query!(
        r#"
        with post as (
            select id from posts where id = $1 for no key update
        ), gone as (
            delete from likes l using post where l.post_id = post.id and l.user_id = $2 returning l.post_id, l.user_id
        )
        insert into unlikes (post_id, user_id) select post_id, user_id from gone on conflict do nothing
        "#,
        post.0,
        by.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notifies a user of a new follower. A follower who returns is not new.
pub(crate) async fn followed(tx: &mut PgConnection, followee: UserId, by: UserId) -> Result<()> {
    sqlx::query!(
        r#"
        with told as (
            insert into notifications (user_id, kind, actor_id) select $1, 'follow', $2 where is_notified($1, $2)
            on conflict on constraint notifications_actor_key do update set withdrawn_at = null
            returning user_id
        )
        insert into digests (user_id, due_at)
        select t.user_id, due from told t, digest_due(t.user_id, 'follow') due where due is not null
        on conflict (user_id) do update set due_at = digests.due_at where false
        "#,
        followee.0,
        by.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notifies the users that a post concerns, each once: the author of `parent`, if it is a reply, and the mentioned
/// users. A reply takes precedence over a mention. One statement, independent of the author's number of followers.
pub(crate) async fn of_post(
    tx: &mut PgConnection,
    post: PostId,
    author: UserId,
    parent: Option<PostId>,
    mentions: &[UserId],
) -> Result<()> {
    let mentions: Vec<i64> = mentions.iter().map(|user| user.0).collect();
    sqlx::query!(
        r#"
        with told as (
            insert into notifications (user_id, kind, post_id, actor_id)
            select distinct on (c.user_id) c.user_id, c.kind, $1::bigint, $2::bigint from (
                select p.author_id as user_id, 'reply' as kind, 1 as weight from posts p where p.id = $3
                union all
                select m.user_id, 'mention', 2 from post_mentions m where m.post_id = $1 and m.user_id = any ($4)
            ) c
            where c.user_id is not null and is_notified(c.user_id, $2)
            order by c.user_id, c.weight
            on conflict (post_id, user_id) do update set withdrawn_at = null
            returning user_id, kind
        )
        insert into digests (user_id, due_at)
        select t.user_id, due from told t, digest_due(t.user_id, t.kind) due where due is not null order by t.user_id
        on conflict (user_id) do update set due_at = digests.due_at where false
        "#,
        post.0,
        author.0,
        parent.map(|p| p.0),
        &mentions,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notifies the users newly mentioned in an edited post, and withdraws the notifications of those no longer mentioned.
/// A user who is mentioned again gets no new notification.
pub(crate) async fn edited(
    tx: &mut PgConnection,
    post: PostId,
    author: UserId,
    before: &[UserId],
    now: &[UserId],
) -> Result<()> {
    if before.iter().any(|user| !now.contains(user)) {
        sqlx::query!(
            r#"
            update notifications n set withdrawn_at = now()
            where n.post_id = $1 and n.kind = 'mention' and n.withdrawn_at is null and not notifications_holds(n)
            "#,
            post.0,
        )
        .execute(&mut *tx)
        .await?;
    }
    let added: Vec<UserId> = now.iter().filter(|user| !before.contains(user)).copied().collect();
    if added.is_empty() { Ok(()) } else { of_post(tx, post, author, None, &added).await }
}
