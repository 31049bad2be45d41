//! The second part of an account deletion: a job deletes the rows of a hidden account in small transactions, and the
//! row of `users` last. Every step picks what is left, so the job can end at any point and continue later.
//!
//! Other users never wait long for it: a transaction skips a locked row of another user where it can, and
//! [`crate::db::batches`] decides how many rows it handles.

use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::Instant;

use crate::{
    Server,
    base::{error::Result, id::UserId},
    db::batches::{Batches, Handled, Turn},
    social::posts,
};

/// The time that one run of the job works before it makes room for other jobs.
const SLICE: Duration = Duration::from_secs(2);

/// After so many batches in a row that could do nothing, a step is left for the next run. Enough for a batch to shrink
/// to a single row before.
const BUSY_TURNS: u32 = 8;

/// A kind of rows. Notifications come first, because the triggers of the other steps would look for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    OwnNotifications,
    CausedNotifications,
    Likes,
    Following,
    Followers,
    Posts,
    Unlikes,
    PostKeys,
    Activity,
}

const STEPS: [Step; 9] = [
    Step::OwnNotifications,
    Step::CausedNotifications,
    Step::Likes,
    Step::Following,
    Step::Followers,
    Step::Posts,
    Step::Unlikes,
    Step::PostKeys,
    Step::Activity,
];

/// Works on the deletion of an account for a while. Returns whether it is complete; if not, call it again.
pub async fn erase(server: &Server, user: UserId) -> Result<bool> {
    let end = Instant::now() + SLICE;
    let mut finished = true;
    for step in STEPS {
        let (mut batches, mut busy) = (Batches::new(), 0);
        // Rows that others lock for longer are left for the next run, so that the other steps continue.
        while busy < BUSY_TURNS {
            match batches.run(server.db(), async |tx, rows| step.run(tx, user, rows).await).await? {
                Turn::Finished => break,
                Turn::Progress(_) => busy = 0,
                Turn::Busy => busy += 1,
            }
            if Instant::now() >= end {
                return Ok(false);
            }
        }
        finished &= busy < BUSY_TURNS;
    }
    if !finished {
        return Ok(false);
    }
    let mut last = Batches::new();
    // Each busy turn asks for fewer rows and so has more time for them.
    for _ in 0..BUSY_TURNS {
        if last.run(server.db(), async |tx, _| remove_user(tx, user).await).await? != Turn::Busy {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Deletes the few remaining rows and the user.
async fn remove_user(tx: &mut PgConnection, user: UserId) -> Result<Handled> {
    let done = sqlx::query!("delete from users where id = $1 and deleted_at is not null", user.0).execute(tx).await?;
    let done = usize::try_from(done.rows_affected()).unwrap_or_default();
    Ok(Handled { found: done, done })
}

/// Makes sure that each deleted account has a job: retries a job that failed for good more than an hour ago, and
/// enqueues a missing one. Returns how many there were.
pub(crate) async fn enqueue_missing(server: &Server) -> Result<u64> {
    let due_again = sqlx::query!(
        r#"
        update jobs set dead_at = null, attempts = 0, run_at = now()
        where kind = 'delete_account' and dead_at < now() - interval '1 hour'
        "#
    )
    .execute(server.db())
    .await?;
    let queued = sqlx::query!(
        r#"
        insert into jobs (kind, payload)
        select 'delete_account', jsonb_build_object('user', u.id) from users u
        where u.deleted_at is not null and not exists (
            select from jobs j where j.kind = 'delete_account' and j.payload->'user' = to_jsonb(u.id)
        )
        "#
    )
    .execute(server.db())
    .await?;
    Ok(due_again.rows_affected() + queued.rows_affected())
}

impl Step {
    async fn run(self, tx: &mut PgConnection, user: UserId, rows: i64) -> Result<Handled> {
        match self {
            Self::OwnNotifications => own_notifications(tx, user, rows).await,
            Self::CausedNotifications => caused_notifications(tx, user, rows).await,
            Self::Likes => likes(tx, user, rows).await,
            Self::Following => following(tx, user, rows).await,
            Self::Followers => followers(tx, user, rows).await,
            Self::Posts => posts::delete_batch_of(tx, user, rows).await,
            Self::Unlikes => unlikes(tx, user, rows).await,
            Self::PostKeys => post_keys(tx, user, rows).await,
            Self::Activity => activity(tx, user, rows).await,
        }
    }
}

async fn own_notifications(tx: &mut PgConnection, user: UserId, rows: i64) -> Result<Handled> {
    let ids = sqlx::query_scalar!("select id from notifications where user_id = $1 limit $2", user.0, rows)
        .fetch_all(&mut *tx)
        .await?;
    delete_notifications(tx, &ids).await
}

async fn caused_notifications(tx: &mut PgConnection, user: UserId, rows: i64) -> Result<Handled> {
    let ids = sqlx::query_scalar!("select id from notifications where actor_id = $1 limit $2", user.0, rows)
        .fetch_all(&mut *tx)
        .await?;
    delete_notifications(tx, &ids).await
}

async fn delete_notifications(tx: &mut PgConnection, ids: &[i64]) -> Result<Handled> {
    let deleted = sqlx::query!(
        r#"
        with locked as materialized (
            select id from notifications where id = any($1) order by id for update skip locked
        )
        delete from notifications where id = any(array(select id from locked))
        "#,
        ids,
    )
    .execute(tx)
    .await?;
    Ok(Handled::of(ids, deleted.rows_affected()))
}

/// Deletes the likes of the user and updates the counts of the liked posts.
async fn likes(tx: &mut PgConnection, user: UserId, rows: i64) -> Result<Handled> {
    let liked = sqlx::query_scalar!(
        "select post_id from likes where user_id = $1 order by created_at desc, post_id desc limit $2",
        user.0,
        rows,
    )
    .fetch_all(&mut *tx)
    .await?;
    let deleted = sqlx::query!(
        r#"
        with locked as materialized (
            select id from posts where id = any($2) order by id for no key update skip locked
        )
        delete from likes where user_id = $1 and post_id = any(array(select id from locked))
        "#,
        user.0,
        &liked,
    )
    .execute(tx)
    .await?;
    Ok(Handled::of(&liked, deleted.rows_affected()))
}

/// Deletes the follows by the user and updates the counts of both sides.
async fn following(tx: &mut PgConnection, user: UserId, rows: i64) -> Result<Handled> {
    let others = sqlx::query_scalar!(
        r#"
        select followee_id from follows where follower_id = $1
        order by created_at desc, followee_id desc limit $2
        "#,
        user.0,
        rows,
    )
    .fetch_all(&mut *tx)
    .await?;
    let deleted = sqlx::query!(
        r#"
        with locked as materialized (
            select followee_id from follows where follower_id = $1 and followee_id = any($2)
            order by followee_id for update skip locked
        ), counts as materialized (
            select user_id from profile_counts where user_id = any(array(select followee_id from locked))
            order by user_id for no key update skip locked
        )
        delete from follows where follower_id = $1 and followee_id = any(array(select user_id from counts))
        "#,
        user.0,
        &others,
    )
    .execute(tx)
    .await?;
    Ok(Handled::of(&others, deleted.rows_affected()))
}

/// Deletes the follows of the user by others and updates the counts of both sides.
async fn followers(tx: &mut PgConnection, user: UserId, rows: i64) -> Result<Handled> {
    let others = sqlx::query_scalar!(
        r#"
        select follower_id from follows where followee_id = $1
        order by created_at desc, follower_id desc limit $2
        "#,
        user.0,
        rows,
    )
    .fetch_all(&mut *tx)
    .await?;
    let deleted = sqlx::query!(
        r#"
        with locked as materialized (
            select follower_id from follows where followee_id = $1 and follower_id = any($2)
            order by follower_id for update skip locked
        ), counts as materialized (
            select user_id from profile_counts where user_id = any(array(select follower_id from locked))
            order by user_id for no key update skip locked
        )
        delete from follows where followee_id = $1 and follower_id = any(array(select user_id from counts))
        "#,
        user.0,
        &others,
    )
    .execute(tx)
    .await?;
    Ok(Handled::of(&others, deleted.rows_affected()))
}

async fn unlikes(tx: &mut PgConnection, user: UserId, rows: i64) -> Result<Handled> {
    let deleted = sqlx::query!(
        r#"
        delete from unlikes where user_id = $1 and post_id = any(array(
            select post_id from unlikes where user_id = $1 order by post_id limit $2
        ))
        "#,
        user.0,
        rows,
    )
    .execute(tx)
    .await?;
    Ok(Handled::all(deleted.rows_affected()))
}

async fn post_keys(tx: &mut PgConnection, user: UserId, rows: i64) -> Result<Handled> {
    let deleted = sqlx::query!(
        r#"
        delete from post_keys where author_id = $1 and key = any(array(
            select key from post_keys where author_id = $1 order by key limit $2
        ))
        "#,
        user.0,
        rows,
    )
    .execute(tx)
    .await?;
    Ok(Handled::all(deleted.rows_affected()))
}

/// Reduces the user's audit rows to the id, the event and the time.
async fn activity(tx: &mut PgConnection, user: UserId, rows: i64) -> Result<Handled> {
    let changed = sqlx::query!(
        r#"
        update audit_events set device_id = null, ip = null, user_agent = '', detail = '{}'
        where id = any(array(
            select id from audit_events
            where user_id = $1 and (device_id is not null or ip is not null or user_agent <> '' or detail <> '{}')
            order by id desc limit $2
        ))
        "#,
        user.0,
        rows,
    )
    .execute(tx)
    .await?;
    Ok(Handled::all(changed.rows_affected()))
}
