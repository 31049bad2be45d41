//! Doing the jobs, one after another, with a lease on each and a pause after a failure.

use std::time::Duration;

use serde_json::json;

use super::Job;
use crate::{
    Server, avatars,
    error::Result,
    links,
    mailer::{Mail, messages},
};

/// How long to wait before the next try, in minutes; after the last the job is dead. The first is also the lease: a
/// worker that vanished gives its job up after that long.
const PAUSES: [i32; 4] = [1, 5, 30, 360];
/// The longest one job may take.
const WHOLE: Duration = Duration::from_secs(45);
/// How often to look for jobs that other copies queued, or whose pause is over.
const LOOK: Duration = Duration::from_secs(2);

/// Works until the process ends. A database that does not answer is waited for.
pub async fn work(server: Server) {
    loop {
        match run_due(&server).await {
            Ok(0) => {
                tokio::select! { () = server.wake().heard() => {}, () = tokio::time::sleep(LOOK) => {} }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "the job queue cannot be read; trying again");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Does one job that is due, if there is one. Returns how many were done or tried.
pub async fn run_due(server: &Server) -> Result<u64> {
    let leased = sqlx::query!(
        r#"
        update jobs set attempts = attempts + 1, run_at = now() + make_interval(mins => ($1::int[])[least(attempts + 1, 4)])
        where id = (
            select id from jobs where dead_at is null and run_at <= now() order by run_at, id limit 1 for update skip locked
        )
        returning id, kind, payload, attempts
        "#,
        &PAUSES[..],
    )
    .fetch_optional(server.db())
    .await?;
    let Some(leased) = leased else { return Ok(0) };
    // Outside any transaction: what answers slowly must not hold a lock.
    match carry_out(server, json!({ "kind": leased.kind, "payload": leased.payload })).await {
        Ok(()) => {
            sqlx::query!("delete from jobs where id = $1", leased.id).execute(server.db()).await?;
        }
        Err(why) => {
            let dead = usize::try_from(leased.attempts).unwrap_or(usize::MAX) > PAUSES.len();
            tracing::warn!(job = leased.id, kind = leased.kind, attempt = leased.attempts, dead, why, "a job failed");
            sqlx::query!(
                "update jobs set last_error = $2, dead_at = case when $3 then now() end where id = $1",
                leased.id,
                why,
                dead,
            )
            .execute(server.db())
            .await?;
        }
    }
    Ok(1)
}

async fn carry_out(server: &Server, row: serde_json::Value) -> Result<(), String> {
    let job = serde_json::from_value(row).map_err(|error| format!("not a job of this version: {error}"))?;
    let Some(mail) = write(server, job).await.map_err(|error| error.to_string())? else { return Ok(()) };
    // Shorter than the lease, however many steps the conversation has: nobody else must begin it meanwhile.
    match tokio::time::timeout(WHOLE, server.mailer().send(&mail)).await {
        Ok(sent) => sent.map_err(|error| error.to_string()),
        Err(_) => Err("the mail server took too long".to_owned()),
    }
}

/// The mail a job is about; none when what it was about is over, or was no mail and is done.
async fn write(server: &Server, job: Job) -> Result<Option<Mail>> {
    let origin = &server.config().origin;
    let link = match &job {
        Job::Mail(_) | Job::Picture(_) => None,
        Job::ResetLink { link, .. } | Job::UndoLink { link, .. } | Job::NewBrowser { link, .. } => Some(*link),
    };
    let token = match link {
        None => None,
        Some(link) => match links::arm(server, link).await? {
            None => return Ok(None),
            armed => armed,
        },
    };
    let token = token.unwrap_or_default();
    Ok(Some(match job {
        Job::Mail(mail) => mail,
        Job::Picture(wish) => return avatars::import(server, &wish).await.map(|()| None),
        Job::ResetLink { to, .. } => Mail { to, message: messages::reset_link(origin, &token) },
        Job::UndoLink { to, new, .. } => Mail { to, message: messages::email_changed(origin, &new, &token) },
        Job::NewBrowser { to, browser, ip, .. } => {
            Mail { to, message: messages::new_browser(origin, (&browser, &ip), &token) }
        }
    }))
}
