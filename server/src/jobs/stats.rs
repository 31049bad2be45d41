//! The state of the job queue, and the operator commands for failed jobs.

use std::time::Duration;

use sqlx::PgConnection;

use crate::base::error::Result;

/// The state of the queue, for `kith doctor`. It reveals no recipient and no content.
pub struct QueueStats {
    pub waiting: i64,
    /// The age of the oldest waiting job.
    pub oldest: Option<Duration>,
    /// The number of failed jobs.
    pub dead: i64,
    pub last_error: Option<String>,
}

/// Returns the state of the queue.
pub async fn stats(db: &mut PgConnection) -> Result<QueueStats> {
    let row = sqlx::query!(
        r#"
        select count(*) filter (where dead_at is null) as "waiting!",
               count(*) filter (where dead_at is not null) as "dead!",
               extract(epoch from now() - min(created_at) filter (where dead_at is null))::float8 as oldest,
               (select last_error from jobs where last_error is not null order by id desc limit 1) as last_error
        from jobs
        "#
    )
    .fetch_one(db)
    .await?;
    let oldest = row.oldest.map(|seconds| Duration::from_secs_f64(seconds.max(0.0)));
    Ok(QueueStats { waiting: row.waiting, oldest, dead: row.dead, last_error: row.last_error })
}

/// Retries all failed jobs from the start and returns their number. Sealed jobs are not among them: their text was
/// deleted when they failed.
pub async fn retry_dead(db: &mut PgConnection) -> Result<u64> {
    let retried = sqlx::query!(
        r#"
        update jobs set dead_at = null, attempts = 0, run_at = now()
        where dead_at is not null and sealed_by is null and (expires_at is null or expires_at > now())
        "#
    )
    .execute(db)
    .await?;
    Ok(retried.rows_affected())
}

/// Deletes all failed jobs and returns their number.
pub async fn drop_dead(db: &mut PgConnection) -> Result<u64> {
    Ok(sqlx::query!("delete from jobs where dead_at is not null").execute(db).await?.rows_affected())
}
