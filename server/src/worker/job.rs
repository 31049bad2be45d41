//! Runs one job: leases it, does the work, and records the result. The lease is longer than any job takes, so no other
//! worker starts it in the meantime.

use std::time::{Duration, Instant};

use super::mail::{self, Unwritten};
use crate::{
    Server, accounts,
    base::{error::Result, id::UserId},
    identity::avatars::{self, AvatarCopy},
    jobs::Job,
};

/// The delays before each retry, in minutes; after the last the job has failed for good.
const RETRY_DELAYS: [i32; 4] = [1, 5, 30, 360];
/// The time a job belongs to the worker that leased it. If the worker dies, the job is free again after that time.
pub const LEASE: Duration = Duration::from_secs(120);
/// The delay between two attempts to record that a job is done.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// A leased job.
struct Leased {
    id: i64,
    kind: String,
    payload: serde_json::Value,
    /// The number of attempts, this one included.
    attempts: i16,
    /// The job is past its deadline.
    expired: bool,
    /// The same for each attempt, and unique to the job, so that a receiver can detect duplicates.
    message_id: String,
}

/// The result of a job.
enum Outcome {
    /// The mail server accepted it, or there was nothing to do.
    Done,
    /// A part is done; the job continues after other jobs that are due.
    Unfinished,
    /// To be retried.
    Failed(String),
    /// A retry would change nothing.
    Refused(String),
}

/// Runs one due job, if there is one. Returns how many were done or tried.
pub async fn run_due(server: &Server) -> Result<u64> {
    let begun = Instant::now();
    let Some(mut job) = lease(server).await? else { return Ok(0) };
    if job.expired {
        sqlx::query!("delete from jobs where id = $1", job.id).execute(server.db()).await?;
        tracing::warn!(job = job.id, kind = job.kind, "a job was not done in time and is dropped");
        return Ok(1);
    }
    // There may be more: another worker checks while this one talks to the mail server.
    server.wake().ring();
    let attempts = usize::try_from(job.attempts).unwrap_or(usize::MAX);
    let outcome = if attempts > RETRY_DELAYS.len() + 1 {
        Outcome::Refused(format!("begun {} times and never brought to an end", attempts - 1))
    } else {
        run_job(server, &mut job).await
    };
    match outcome {
        Outcome::Done => forget(server, job.id, begun).await,
        Outcome::Unfinished => requeue(server, &job).await?,
        Outcome::Failed(why) if attempts <= RETRY_DELAYS.len() => {
            schedule_retry(server, &job, &why, RETRY_DELAYS[attempts - 1]).await?
        }
        Outcome::Failed(why) | Outcome::Refused(why) => mark_dead(server, &job, &why).await?,
    }
    Ok(1)
}

/// Leases the next due job: first those with a deadline, then those that are due longest. Only this process opens the
/// mails it sealed; in its last round it takes nothing else.
async fn lease(server: &Server) -> Result<Option<Leased>> {
    let job = sqlx::query_as!(
        Leased,
        r#"
        update jobs set attempts = attempts + 1, run_at = now() + make_interval(secs => $1),
                        leased_until = now() + make_interval(secs => $1)
        where id = (
            select id from jobs
            where dead_at is null and run_at <= now() and (sealed_by = $2 or (sealed_by is null and not $3))
            order by expires_at, run_at, id limit 1 for update skip locked
        )
        returning id, kind, payload, attempts, coalesce(expires_at <= now(), false) as "expired!",
                  id::text || '.' || (extract(epoch from created_at) * 1000000)::bigint as "message_id!"
        "#,
        LEASE.as_secs_f64(),
        server.seal().by(),
        server.wake().is_last_round(),
    )
    .fetch_optional(server.db())
    .await?;
    Ok(job)
}

/// Runs outside any transaction: a slow receiver must not hold a lock.
async fn run_job(server: &Server, job: &mut Leased) -> Outcome {
    // During an update, another version may have written it: it is left for that version, or for the next one of this.
    let Ok(work) = Job::read(&job.kind, job.payload.take()) else {
        return Outcome::Failed("not a job of this version".to_owned());
    };
    if let Job::DeleteAccount { user } = work {
        return match accounts::erase(server, UserId(user)).await {
            Ok(true) => Outcome::Done,
            Ok(false) => Outcome::Unfinished,
            Err(error) => Outcome::Failed(error.to_string()),
        };
    }
    let about_pictures = match &work {
        Job::Picture { user, url, instead_of } => {
            let copy = AvatarCopy { user: UserId(*user), url, instead_of: instead_of.as_deref() };
            Some(avatars::import(server, &copy).await)
        }
        Job::PictureObject { object } => Some(avatars::forget(server, object).await),
        _ => None,
    };
    match about_pictures {
        Some(Ok(())) => return Outcome::Done,
        Some(Err(error)) => return Outcome::Failed(error.to_string()),
        None => {}
    }
    let mail = match mail::write(server, (job.id, work)).await {
        Ok(mail) => mail,
        Err(Unwritten::Over) => return Outcome::Done,
        Err(Unwritten::Never(why)) => return Outcome::Refused(why),
        Err(Unwritten::Later(why)) => return Outcome::Failed(why),
    };
    match server.mailer().send(&mail, &job.message_id).await {
        Ok(()) => Outcome::Done,
        Err(error) if error.is_for_good() => Outcome::Refused(error.reason()),
        Err(error) => Outcome::Failed(error.reason()),
    }
}

/// Removes a finished job. Retries while the database is unavailable, for as long as the lease lasts: the next worker
/// would send the mail again.
async fn forget(server: &Server, id: i64, begun: Instant) {
    while let Err(error) = sqlx::query!("delete from jobs where id = $1", id).execute(server.db()).await {
        if begun.elapsed() + RETRY_INTERVAL > LEASE {
            tracing::error!(job = id, %error, "a job is done, but could not be removed: it will be done again");
            return;
        }
        tracing::warn!(job = id, %error, "a job is done, but cannot be removed yet; trying again");
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

/// Queues the rest of a partly done job, behind the jobs that are due now. Resets its failed attempts.
async fn requeue(server: &Server, job: &Leased) -> Result<()> {
    sqlx::query!(
        "update jobs set attempts = 0, leased_until = null, run_at = now() where id = $1 and attempts = $2",
        job.id,
        job.attempts,
    )
    .execute(server.db())
    .await?;
    Ok(())
}

async fn schedule_retry(server: &Server, job: &Leased, why: &str, minutes: i32) -> Result<()> {
    tracing::warn!(job = job.id, kind = job.kind, attempt = job.attempts, minutes, why, "a job failed; trying again");
    // The same number of attempts shows that the lease is still ours.
    sqlx::query!(
        r#"
        update jobs set last_error = $3, leased_until = null, run_at = now() + make_interval(mins => $4)
        where id = $1 and attempts = $2
        "#,
        job.id,
        job.attempts,
        why,
        minutes,
    )
    .execute(server.db())
    .await?;
    Ok(())
}

/// Stores a failed job for the operator, without its sealed content.
async fn mark_dead(server: &Server, job: &Leased, why: &str) -> Result<()> {
    tracing::error!(job = job.id, kind = job.kind, attempt = job.attempts, why, "a job is given up on");
    sqlx::query!(
        r#"
        update jobs set last_error = $3, leased_until = null, dead_at = now(), payload = payload - 'sealed'
        where id = $1 and attempts = $2
        "#,
        job.id,
        job.attempts,
        why,
    )
    .execute(server.db())
    .await?;
    Ok(())
}
