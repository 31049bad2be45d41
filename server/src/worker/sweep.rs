//! Cleans up in the background: deletes expired sessions, registrations, counts and jobs, failed jobs, unused avatars,
//! and placeholders without replies; lifts suspensions that have expired; renders texts of older instances or by older
//! rules, and re-renders mentions of renamed or deleted users. In small batches, so that no page waits for it. A
//! failure is logged and does not stop the other work. Survives an outage of the database.

use std::{pin::Pin, time::Duration};

use sqlx::postgres::PgQueryResult;

use crate::{
    Server, accounts,
    base::{
        error::{Error, Result},
        id::UserId,
    },
    identity::avatars,
    social::{mentions, posts, profiles, search},
};

/// The most rows of one kind deleted by one statement.
const BATCH: i64 = 1_000;
/// The delays between two rounds, and after a failed round.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// Sweeps until the process ends.
pub async fn run(server: Server) {
    loop {
        let pause = match everything(&server).await {
            Ok(0) => SWEEP_INTERVAL,
            Ok(rows) => {
                tracing::debug!(rows, "swept");
                SWEEP_INTERVAL
            }
            Err(error) => {
                tracing::warn!(%error, "not everything could be swept; trying again");
                RETRY_INTERVAL
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Runs one round, as far as possible. Returns the number of deleted rows, or the last failure, if any.
pub async fn everything(server: &Server) -> Result<u64> {
    let (mut failed, mut rows) = (None, 0);
    loop {
        let mut batch = 0;
        // In every round, so that a suspension does not wait until everything is swept.
        failed = restore_suspended(server).await.err().or(failed);
        for (what, step) in batch_of_each(server) {
            match step.await {
                Ok(removed) => batch += removed,
                Err(error) => {
                    tracing::warn!(%error, what, "could not sweep");
                    failed = Some(error);
                }
            }
        }
        rows += batch;
        if batch == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    failed.map_or(Ok(rows), Err)
}

/// A task; returns how many rows it deleted.
type Step<'a> = Pin<Box<dyn Future<Output = Result<u64>> + Send + 'a>>;

fn step<'a>(statement: impl Future<Output = sqlx::Result<PgQueryResult>> + Send + 'a) -> Step<'a> {
    Box::pin(async move { Ok(statement.await?.rows_affected()) })
}

/// Returns the tasks; each handles some rows of one kind.
fn batch_of_each(server: &Server) -> [(&'static str, Step<'_>); 26] {
    let db = server.db();
    let sessions = sqlx::query!(
        r#"
        delete from sessions where id in (
            select id from sessions where expires_at <= now() order by expires_at limit $1 for update skip locked
        )
        "#,
        BATCH,
    );
    let ended = sqlx::query!(
        "delete from ended_sessions where id in (select id from ended_sessions where ended_at < now() - interval '1 hour' limit $1)",
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
        "delete from email_codes where id in (select id from email_codes where expires_at <= now() - interval '1 hour' limit $1)",
        BATCH,
    );
    let flows = sqlx::query!(
        "delete from authorization_requests where state_hash in (select state_hash from authorization_requests where expires_at <= now() limit $1)",
        BATCH,
    );
    let pending_oauth_sign_ups = sqlx::query!(
        "delete from pending_oauth_sign_ups where browser_hash in (select browser_hash from pending_oauth_sign_ups where expires_at <= now() limit $1)",
        BATCH,
    );
    let links = sqlx::query!(
        "delete from email_links where id in (select id from email_links where expires_at <= now() - interval '1 day' limit $1)",
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
        r#"
        delete from notifications where id in (
            select id from notifications where expires_at <= now() limit $1 for update skip locked
        )
        "#,
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
    let names = sqlx::query!("delete from former_usernames where reserved_until <= now()");
    [
        ("sessions", step(sessions.execute(db))),
        ("ended sessions", step(ended.execute(db))),
        ("registrations", step(registrations.execute(db))),
        ("limits", step(limits.execute(db))),
        ("jobs", step(jobs.execute(db))),
        ("codes", step(codes.execute(db))),
        ("oauth flows", step(flows.execute(db))),
        ("pending_oauth_sign_ups", step(pending_oauth_sign_ups.execute(db))),
        ("links", step(links.execute(db))),
        ("browsers", step(browsers.execute(db))),
        ("audit events", step(audit.execute(db))),
        ("places in audit events", step(places.execute(db))),
        ("pictures", Box::pin(avatars::sweep(server, BATCH))),
        ("notifications", step(notifications.execute(db))),
        ("unlikes", step(unlikes.execute(db))),
        ("unsubscribe links", step(unsubscribes.execute(db))),
        ("post keys", step(keys.execute(db))),
        ("former usernames", step(names.execute(db))),
        ("empty places", Box::pin(async move { posts::prune(&mut *db.acquire().await?, BATCH).await })),
        ("notifications of suspended users", Box::pin(accounts::settle(server))),
        ("jobs of deleted accounts", Box::pin(accounts::enqueue_missing(server))),
        ("words to render", Box::pin(posts::render_missing(server))),
        ("words to render again", Box::pin(mentions::render_again(server))),
        ("posts rendered by older rules", Box::pin(posts::render_outdated(server))),
        ("profiles written by older rules", Box::pin(profiles::render_outdated(server))),
        ("words to index", Box::pin(search::index_missing(server))),
    ]
}

/// Lifts expired suspensions, one by one, so that a failure does not delay the others.
async fn restore_suspended(server: &Server) -> Result<()> {
    let over = sqlx::query_scalar!("select id from users where suspended_until <= now() order by suspended_until, id")
        .fetch_all(server.db())
        .await?;
    let mut failed = None;
    for user in over.into_iter().map(UserId) {
        match accounts::restore_due(server, user).await {
            // Another instance was faster.
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => {
                tracing::warn!(%error, user = user.0, "could not lift a suspension that is over");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}
