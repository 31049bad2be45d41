//! Clearing away what time has ended: sessions, registrations, counts, jobs that are late or dead, pictures that are
//! nobody's, empty places in threads; lifting suspensions that were for a time; and rendering what an older copy of the
//! server wrote. In small batches, so that no page waits for it; and it survives a database that goes away.

use std::time::Duration;

use crate::{
    Server,
    audit::{self, Actor, Event},
    avatars,
    error::Result,
    id::UserId,
    posts,
};

/// The most rows of one kind removed by one statement.
const BATCH: i64 = 1_000;
/// Between two rounds, and after a round that failed.
const PAUSE: Duration = Duration::from_secs(60);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Sweeps until the process ends.
pub async fn run(server: Server) {
    loop {
        let pause = match everything(&server).await {
            Ok(0) => PAUSE,
            Ok(rows) => {
                tracing::debug!(rows, "swept");
                PAUSE
            }
            Err(error) => {
                tracing::warn!(%error, "could not sweep; trying again");
                PAUSE_AFTER_FAILURE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// One round, to the end. Returns how many rows were removed.
pub async fn everything(server: &Server) -> Result<u64> {
    // First: nobody should stay suspended because something else cannot be swept.
    restore_suspended(server).await?;
    let mut rows = 0;
    loop {
        let batch = batch(server).await?;
        rows += batch;
        if batch == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    Ok(rows)
}

async fn batch(server: &Server) -> Result<u64> {
    let db = server.db();
    let sessions = sqlx::query!(
        r#"
        delete from sessions where id in (
            select id from sessions where expires_at <= now() order by expires_at limit $1 for update skip locked
        )
        "#,
        BATCH,
    );
    let registrations = sqlx::query!(
        r#"
        delete from registrations where id in (
            select id from registrations where expires_at <= now() order by expires_at limit $1 for update skip locked
        )
        "#,
        BATCH,
    );
    let limits = sqlx::query!(
        r#"
        delete from limits where ctid in (
            select ctid from limits where window_ends_at <= now() - interval '1 minute' limit $1 for update skip locked
        )
        "#,
        BATCH,
    );
    let jobs = sqlx::query!(
        r#"
        delete from jobs where id in (
            select id from jobs
            where dead_at < now() - interval '30 days' or (dead_at is null and expires_at <= now())
            limit $1 for update skip locked
        )
        "#,
        BATCH,
    );
    let codes = sqlx::query!(
        "delete from codes where id in (select id from codes where expires_at <= now() - interval '1 hour' limit $1)",
        BATCH,
    );
    let flows = sqlx::query!(
        "delete from oauth_flows where state_hash in (select state_hash from oauth_flows where expires_at <= now() limit $1)",
        BATCH,
    );
    let arrivals = sqlx::query!(
        "delete from arrivals where browser_hash in (select browser_hash from arrivals where expires_at <= now() limit $1)",
        BATCH,
    );
    let links = sqlx::query!(
        "delete from links where id in (select id from links where expires_at <= now() - interval '1 day' limit $1)",
        BATCH,
    );
    let browsers = sqlx::query!(
        r#"
        delete from known_browsers where (user_id, browser_hash) in (
            select user_id, browser_hash from known_browsers where last_seen_at < now() - interval '400 days' limit $1
        )
        "#,
        BATCH,
    );
    let audit = sqlx::query!(
        "delete from audit_events where id in (select id from audit_events where at < now() - interval '400 days' limit $1)",
        BATCH,
    );
    let places = sqlx::query!(
        r#"
        update audit_events set ip = null, user_agent = '' where id in (
            select id from audit_events where at < now() - interval '90 days' and ip is not null limit $1
        )
        "#,
        BATCH,
    );
    let notifications = sqlx::query!(
        "delete from notifications where id in (select id from notifications where expires_at <= now() limit $1)",
        BATCH,
    );
    let unlikes = sqlx::query!(
        r#"
        delete from unlikes where (post_id, user_id) in (
            select post_id, user_id from unlikes where at < now() - interval '90 days' limit $1
        )
        "#,
        BATCH,
    );
    let unsubscribes = sqlx::query!(
        r#"
        delete from unsubscribe_links where token_hash in (
            select token_hash from unsubscribe_links where expires_at <= now() limit $1
        )
        "#,
        BATCH,
    );
    let keys = sqlx::query!(
        r#"
        delete from post_keys where (author_id, key) in (
            select author_id, key from post_keys where made_at < now() - interval '24 hours' limit $1
        )
        "#,
        BATCH,
    );
    let names = sqlx::query!("delete from former_usernames where released_at <= now()");
    Ok(sessions.execute(db).await?.rows_affected()
        + registrations.execute(db).await?.rows_affected()
        + limits.execute(db).await?.rows_affected()
        + jobs.execute(db).await?.rows_affected()
        + codes.execute(db).await?.rows_affected()
        + flows.execute(db).await?.rows_affected()
        + arrivals.execute(db).await?.rows_affected()
        + links.execute(db).await?.rows_affected()
        + browsers.execute(db).await?.rows_affected()
        + audit.execute(db).await?.rows_affected()
        + places.execute(db).await?.rows_affected()
        + avatars::sweep(server, BATCH).await?
        + notifications.execute(db).await?.rows_affected()
        + unlikes.execute(db).await?.rows_affected()
        + unsubscribes.execute(db).await?.rows_affected()
        + keys.execute(db).await?.rows_affected()
        + names.execute(db).await?.rows_affected()
        + posts::prune(&mut *db.acquire().await?, BATCH).await?
        + posts::render_missing(server).await?)
}

/// Lifts the suspensions whose time is over.
async fn restore_suspended(server: &Server) -> Result<()> {
    let mut tx = server.begin().await?;
    let restored = sqlx::query_scalar!(
        r#"
        update users set suspended_at = null, suspended_until = null, suspended_reason = null
        where suspended_until <= now() returning id
        "#
    )
    .fetch_all(&mut *tx)
    .await?;
    for user in restored {
        audit::record(&mut tx, UserId(user), Actor::System, &Event::Restored).await?;
    }
    tx.commit().await?;
    Ok(())
}
