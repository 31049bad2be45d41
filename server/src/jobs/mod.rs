//! Background jobs. A transaction that needs work outside the database inserts a row; a worker does the work after the
//! commit, so nothing is done for a change that was rolled back, and no response waits for it. At least once: when a
//! worker dies, another takes its job after a pause. No row contains a secret in clear: a link token is created when
//! its mail is sent, and a mail with a code is sealed.

mod mails;
mod notices;
mod seal;
mod stats;
mod worker;
mod worker_pool;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use tokio::sync::Notify;

use crate::{
    Server, avatars,
    error::{Error, Result},
    mailer::Mail,
};
#[cfg(feature = "dev")]
pub use mails::open_for_test;
pub(crate) use notices::notify;
pub use seal::Seal;
pub use stats::{QueueStats, drop_dead, retry_dead, stats};
pub use worker::{LEASE, run_due};
pub use worker_pool::WorkerPool;

/// A background job.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Job {
    /// A mail without a secret.
    Mail(Mail),
    /// A mail with a secret. Only the process that queued it can open it; see [`enqueue_secret`].
    SealedMail { to: String, sealed: String },
    /// Mails a password reset link to the account with this address, or a mail that there is none. With `others`,
    /// strangers have used up the mail budget of the address: the link is valid for longer.
    Reset {
        to: String,
        #[serde(default)]
        others: bool,
    },
    /// Mails a password reset link. As with the other links its token is created when it is sent.
    ResetLink {
        to: String,
        link: i64,
        #[serde(default)]
        others: bool,
    },
    /// Mails an undo link that restores the address it is mailed to.
    UndoLink { to: String, link: i64, new: String },
    /// Mails a notice of a sign-in from a new browser, with a link that revokes the session.
    NewBrowser { to: String, link: i64, browser: String, ip: String },
    /// Mails a digest of unread notifications, with an unsubscribe link; `more` did not fit in.
    Digest { to: String, user: i64, told: Vec<i64>, more: usize },
    /// Mails a summary of several changes to an account, by the subjects their own mails would have had.
    Notices { to: String, subjects: Vec<String> },
    /// Copies the user's picture from a provider.
    Picture(avatars::AvatarCopy),
    /// Removes an object without a picture from the bucket.
    PictureObject { object: String },
    /// Deletes the rows of an account that its user deleted. Works in slices and is retried without end.
    DeleteAccount { user: i64 },
}

impl Job {
    /// Parses a job from its row.
    fn read(kind: &str, payload: serde_json::Value) -> serde_json::Result<Self> {
        serde_json::from_value(serde_json::json!({ "kind": kind, "payload": payload }))
    }

    /// Returns the minutes until the job becomes useless to the user; `None` when it never does.
    fn minutes(&self) -> Option<i32> {
        match self {
            Self::SealedMail { .. } => Some(crate::auth::code::MINUTES),
            Self::Reset { others, .. } | Self::ResetLink { others, .. } => Some(crate::auth::reset::minutes(*others)),
            Self::Mail(_)
            | Self::UndoLink { .. }
            | Self::NewBrowser { .. }
            | Self::Digest { .. }
            | Self::Notices { .. }
            | Self::Picture(_)
            | Self::PictureObject { .. }
            | Self::DeleteAccount { .. } => None,
        }
    }
}

/// Wakes the workers when this process queued a job, so that it need not wait for the next check.
#[derive(Clone, Default)]
pub struct Wake(Arc<Bell>);

#[derive(Default)]
struct Bell {
    bell: Notify,
    last_round: AtomicBool,
}

impl Wake {
    /// Wakes one worker.
    pub fn ring(&self) {
        self.0.bell.notify_one();
    }

    /// Returns a future that completes when a job is queued. The call of the last round counts from this moment on, not
    /// only while the future is awaited.
    fn heard(&self) -> impl Future<Output = ()> {
        self.0.bell.notified()
    }

    /// Announces that the process is about to end: the workers finish the jobs that only they can do, and stop.
    fn call_last_round(&self) {
        self.0.last_round.store(true, Ordering::Release);
        self.0.bell.notify_waiters();
    }

    fn is_last_round(&self) -> bool {
        self.0.last_round.load(Ordering::Acquire)
    }
}

/// Enqueues a job inside the caller's transaction.
pub async fn enqueue(tx: &mut PgConnection, job: &Job) -> Result<()> {
    insert(tx, job, None, 0).await
}

/// Enqueues a job that is due only after so many minutes.
pub async fn enqueue_in(tx: &mut PgConnection, job: &Job, minutes: i32) -> Result<()> {
    insert(tx, job, None, minutes).await
}

/// Enqueues a mail that contains a secret. Its text is sealed with a key that exists only in the memory of this
/// process: no reader of the database can open it, and if the process dies the mail is lost and the user has to request
/// it again.
pub async fn enqueue_secret(tx: &mut PgConnection, server: &Server, mail: &Mail) -> Result<()> {
    let sealed = server.seal().close(mail)?;
    insert(tx, &Job::SealedMail { to: mail.to.clone(), sealed }, Some(server.seal()), 0).await
}

/// Replaces a running job by a more specific one in the same row.
async fn replace(tx: &mut PgConnection, id: i64, job: &Job) -> Result<()> {
    let (kind, payload) = row(job)?;
    sqlx::query!("update jobs set kind = $2, payload = $3 where id = $1", id, kind, payload).execute(tx).await?;
    Ok(())
}

/// Returns kind and payload for the table.
fn row(job: &Job) -> Result<(String, serde_json::Value)> {
    let mut row = serde_json::to_value(job).map_err(Error::internal)?;
    let kind = row["kind"].as_str().unwrap_or_default().to_owned();
    Ok((kind, row["payload"].take()))
}

async fn insert(tx: &mut PgConnection, job: &Job, seal: Option<&Seal>, minutes: i32) -> Result<()> {
    let (kind, payload) = row(job)?;
    sqlx::query!(
        r#"
        insert into jobs (kind, payload, sealed_by, expires_at, run_at)
        values ($1, $2, $3, now() + make_interval(mins => $4), now() + make_interval(mins => $5))
        "#,
        kind,
        payload,
        seal.map(Seal::by),
        job.minutes(),
        minutes,
    )
    .execute(tx)
    .await?;
    Ok(())
}
