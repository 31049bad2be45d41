//! Withdraws the notifications that a suspended user caused, and restores them after the suspension. The database does
//! so at once when they are few; for a large account it only notes the change (table `visibility_changes`), and the
//! sweeper continues in small transactions. Until then the notes make the count of unread notifications check each one.

use std::time::Duration;

use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::{
    Server,
    base::error::Result,
    db::batches::{Batches, Handled, Turn},
};

/// The time that one call works before other tasks of the sweeper have their turn.
const SLICE: Duration = Duration::from_secs(2);

/// A noted change and its progress.
struct Change {
    user_id: i64,
    changed_at: OffsetDateTime,
    stage: i16,
    after_user: i64,
    after_post: i64,
}

/// The key of the last notification of a batch. Lists by time are read from the newest to the oldest.
struct Key {
    notification: Option<i64>,
    user: i64,
    post: i64,
    at: Option<OffsetDateTime>,
}

/// Works on the noted changes for a while. Returns how many rows were handled.
pub(crate) async fn settle(server: &Server) -> Result<u64> {
    let end = Instant::now() + SLICE;
    let (mut batches, mut handled) = (Batches::new(), 0);
    while Instant::now() < end {
        match batches.run(server.db(), settle_batch).await? {
            Turn::Finished => break,
            Turn::Progress(rows) => handled += rows as u64,
            Turn::Busy => {}
        }
    }
    Ok(handled)
}

/// Settles one batch of the oldest change. Other instances skip a change that this one works on.
async fn settle_batch(tx: &mut PgConnection, rows: i64) -> Result<Handled> {
    let change = sqlx::query_as!(
        Change,
        r#"
        select user_id, changed_at, stage, after_user, after_post from visibility_changes v
        -- the notifications of a deleted account are deleted by its job
        where not exists (select from users u where u.id = v.user_id and u.deleted_at is not null)
        order by changed_at limit 1 for update skip locked
        "#,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(change) = change else { return Ok(Handled::all(0)) };
    let keys = match change.stage {
        1 => about_posts(tx, &change, rows).await?,
        2 => about_follows(tx, &change, rows).await?,
        _ => about_likes(tx, &change, rows).await?,
    };
    let mut ids: Vec<i64> = keys.iter().filter_map(|key| key.notification).collect();
    ids.sort_unstable();
    sqlx::query!("select notifications_settle($1)", &ids).execute(&mut *tx).await?;
    advance(tx, &change, keys.last()).await?;
    Ok(Handled::all(keys.len().max(1) as u64))
}

/// Stores the progress: after `last`, or at the next stage.
async fn advance(tx: &mut PgConnection, change: &Change, last: Option<&Key>) -> Result<()> {
    let statement = match last {
        Some(last) => sqlx::query!(
            r#"
            update visibility_changes
            set after_user = $2, after_post = $3, before_time = coalesce($4, before_time) where user_id = $1
            "#,
            change.user_id,
            last.user,
            last.post,
            last.at,
        ),
        None if change.stage < 3 => sqlx::query!(
            "update visibility_changes set stage = stage + 1, after_user = 0, after_post = 0 where user_id = $1",
            change.user_id,
        ),
        None => sqlx::query!(
            "delete from visibility_changes where user_id = $1 and changed_at = $2",
            change.user_id,
            change.changed_at,
        ),
    };
    statement.execute(tx).await?;
    Ok(())
}

async fn about_posts(tx: &mut PgConnection, change: &Change, rows: i64) -> Result<Vec<Key>> {
    let keys = sqlx::query_as!(
        Key,
        r#"
        select id as "notification?", user_id as "user!", post_id as "post!",
            null::timestamptz as at
        from notifications
        where actor_id = $1 and post_id is not null and (user_id, post_id) > ($2, $3)
        order by user_id, post_id limit $4
        "#,
        change.user_id,
        change.after_user,
        change.after_post,
        rows,
    );
    Ok(keys.fetch_all(tx).await?)
}

async fn about_follows(tx: &mut PgConnection, change: &Change, rows: i64) -> Result<Vec<Key>> {
    let keys = sqlx::query_as!(
        Key,
        r#"
        select n.id as "notification?", f.followee_id as "user!", 0::bigint as "post!", null::timestamptz as at
        from follows f
        left join notifications n on n.actor_id = f.follower_id and n.user_id = f.followee_id and n.post_id is null
        where f.follower_id = $1 and f.followee_id > $2
        order by f.followee_id limit $3
        "#,
        change.user_id,
        change.after_user,
        rows,
    );
    Ok(keys.fetch_all(tx).await?)
}

async fn about_likes(tx: &mut PgConnection, change: &Change, rows: i64) -> Result<Vec<Key>> {
    let keys = sqlx::query_as!(
        Key,
        r#"
        select n.id as "notification?", 0::bigint as "user!", l.post_id as "post!", l.created_at as "at?"
        from (
            select created_at, post_id from likes
            where user_id = $1 and (created_at, post_id) < (
                (select before_time from visibility_changes where user_id = $1), $2::bigint
            )
            order by created_at desc, post_id desc limit $3
        ) l left join notifications n on n.post_id = l.post_id and n.kind = 'like'
        order by l.created_at desc, l.post_id desc
        "#,
        change.user_id,
        change.after_post,
        rows,
    );
    Ok(keys.fetch_all(tx).await?)
}
