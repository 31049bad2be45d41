//! Background jobs. A transaction that needs work outside the database inserts a row; a worker does the work after the
//! commit, so nothing is done for a change that was rolled back, and no response waits for it. At least once: when a
//! worker dies, another takes its job after a pause. [`crate::worker`] runs the jobs and retries failed ones. No row contains a secret in clear: a link token is created when
//! its mail is sent, and a mail with a code is sealed.

mod seal;
mod stats;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    base::error::{Error, Result},
    mailer::Mail,
};
pub use seal::Seal;
pub use stats::{QueueStats, drop_dead, retry_dead, stats};

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
    /// Copies the picture at `url`, from a provider, as the avatar of the user. `instead_of` is the avatar at the time of
    /// the request: if the user chose another since, that one stays.
    Picture { user: i64, url: String, instead_of: Option<String> },
    /// Removes an object without a picture from the bucket.
    PictureObject { object: String },
    /// Deletes the rows of an account that its user deleted. Works in slices and is retried without end.
    DeleteAccount { user: i64 },
}

impl Job {
    /// Parses a job from its row.
    pub(crate) fn read(kind: &str, payload: serde_json::Value) -> serde_json::Result<Self> {
        serde_json::from_value(serde_json::json!({ "kind": kind, "payload": payload }))
    }
}

/// Wakes the workers when this process queued a job, so that it need not wait for the next check.
#[derive(Clone, Default)]
pub struct Wake(Arc<Bell>);

#[derive(Default)]
struct Bell {
    notify: Notify,
    last_round: AtomicBool,
}

impl Wake {
    /// Wakes one worker.
    pub fn ring(&self) {
        self.0.notify.notify_one();
    }

    /// Returns a future that completes when a job is queued. The call of the last round counts from this moment on, not
    /// only while the future is awaited.
    pub(crate) fn heard(&self) -> impl Future<Output = ()> {
        self.0.notify.notified()
    }

    /// Announces that the process is about to end: the workers finish the jobs that only they can do, and stop.
    pub(crate) fn call_last_round(&self) {
        self.0.last_round.store(true, Ordering::Release);
        self.0.notify.notify_waiters();
    }

    pub(crate) fn is_last_round(&self) -> bool {
        self.0.last_round.load(Ordering::Acquire)
    }
}

/// Enqueues a job inside the caller's transaction.
pub async fn enqueue(tx: &mut PgConnection, job: &Job) -> Result<()> {
    insert(tx, job, &Terms::default()).await
}

/// Enqueues a job that is due only after so many minutes.
pub async fn enqueue_in(tx: &mut PgConnection, job: &Job, minutes: i32) -> Result<()> {
    insert(tx, job, &Terms { due_minutes: minutes, ..Terms::default() }).await
}

/// Enqueues a job that is useless to the user after so many minutes: it is dropped then.
pub(crate) async fn enqueue_until(tx: &mut PgConnection, job: &Job, minutes: i32) -> Result<()> {
    insert(tx, job, &Terms { expires_minutes: Some(minutes), ..Terms::default() }).await
}

/// Enqueues a mail that contains a secret, which is useless after so many minutes. Its text is sealed with a key that
/// exists only in the memory of this process: no reader of the database can open it, and if the process dies the mail
/// is lost and the user has to request it again.
pub(crate) async fn enqueue_secret(tx: &mut PgConnection, seal: &Seal, mail: &Mail, minutes: i32) -> Result<()> {
    let job = Job::SealedMail { to: mail.to.clone(), sealed: seal.close(mail)? };
    insert(tx, &job, &Terms { sealed_by: Some(seal.by()), expires_minutes: Some(minutes), due_minutes: 0 }).await
}

/// The terms on which a job is enqueued.
#[derive(Default)]
struct Terms {
    /// The seal of the only process that can run it.
    sealed_by: Option<Uuid>,
    /// The minutes until it is dropped.
    expires_minutes: Option<i32>,
    /// The minutes until it is due.
    due_minutes: i32,
}

/// Replaces a running job by a more specific one in the same row.
pub(crate) async fn replace(tx: &mut PgConnection, id: i64, job: &Job) -> Result<()> {
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

async fn insert(tx: &mut PgConnection, job: &Job, terms: &Terms) -> Result<()> {
    let (kind, payload) = row(job)?;
    sqlx::query!(
        r#"
        insert into jobs (kind, payload, sealed_by, expires_at, run_at)
        values ($1, $2, $3, now() + make_interval(mins => $4), now() + make_interval(mins => $5))
        "#,
        kind,
        payload,
        terms.sealed_by,
        terms.expires_minutes,
        terms.due_minutes,
    )
    .execute(tx)
    .await?;
    Ok(())
}
