//! How the queue stands, and what an operator does about what was given up on.

use std::time::Duration;

use sqlx::PgConnection;

use crate::error::Result;

/// How the queue stands, for `kith doctor`. Nothing of it says to whom or what.
pub struct Standing {
    pub waiting: i64,
    /// How long ago the oldest of them was queued.
    pub oldest: Option<Duration>,
    /// Given up on.
    pub dead: i64,
    pub last_error: Option<String>,
}

/// How the queue stands.
pub async fn standing(db: &mut PgConnection) -> Result<Standing> {
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
    Ok(Standing { waiting: row.waiting, oldest, dead: row.dead, last_error: row.last_error })
}

/// Has what was given up on tried again from the start; how many those are. What was sealed is not among them: its
/// text went when it was given up on.
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

/// Forgets what was given up on; how many those were.
pub async fn drop_dead(db: &mut PgConnection) -> Result<u64> {
    Ok(sqlx::query!("delete from jobs where dead_at is not null").execute(db).await?.rows_affected())
}
