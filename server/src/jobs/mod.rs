//! Work that leaves the machine. The transaction that wants it writes a row; a worker does it after the commit, so
//! nothing is done for a change that was rolled back, and no answer waits for it. At least once: a worker that dies
//! leaves its job to the next, after a pause. No row ever holds a secret in clear: a link is made when its mail is
//! sent, and a mail that holds a code waits sealed.

mod crew;
mod letters;
mod notices;
mod seal;
mod standing;
mod worker;

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
pub use crew::Crew;
#[cfg(feature = "dev")]
pub use letters::open_for_test;
pub(crate) use notices::notify;
pub use seal::Seal;
pub use standing::{Standing, drop_dead, retry_dead, standing};
pub use worker::{LEASE, run_due};

/// A piece of work.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Job {
    /// A mail without a secret.
    Mail(Mail),
    /// A mail with one, that only the process which queued it can open; see [`enqueue_secret`].
    SealedMail { to: String, sealed: String },
    /// Mail a link that sets a new password to the account with this address, or word that there is none.
    /// With `others`, strangers have used up what is mailed to it: the link works for longer.
    Reset {
        to: String,
        #[serde(default)]
        others: bool,
    },
    /// Mail a link that sets a new password. As with the others its token is made when it is sent.
    ResetLink {
        to: String,
        link: i64,
        #[serde(default)]
        others: bool,
    },
    /// Mail a link that goes back to the address it is mailed to.
    UndoLink { to: String, link: i64, new: String },
    /// Tell of a sign-in from a new browser, with a link that ends it.
    NewBrowser { to: String, link: i64, browser: String, ip: String },
    /// Mail what somebody was told and has not read, with a link that ends such mails; `more` did not fit in.
    Digest { to: String, user: i64, told: Vec<i64>, more: usize },
    /// Mail word of several changes to an account at once, by the subjects their own mails would have had.
    Notices { to: String, subjects: Vec<String> },
    /// Copy the picture somebody has elsewhere.
    Picture(avatars::Wish),
    /// Remove from the bucket what is no picture's.
    PictureObject { object: String },
    /// Delete the rows of an account that its user deleted. Works in slices, and is never given up.
    DeleteAccount { user: i64 },
}

impl Job {
    /// As a row has it.
    fn read(kind: &str, payload: serde_json::Value) -> serde_json::Result<Self> {
        serde_json::from_value(serde_json::json!({ "kind": kind, "payload": payload }))
    }

    /// For how many minutes doing it is of use to the one who waits for it; none when there is no end.
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

/// Rings when a job was queued by this process, so that it need not wait for the next look.
#[derive(Clone, Default)]
pub struct Wake(Arc<Bell>);

#[derive(Default)]
struct Bell {
    bell: Notify,
    last_round: AtomicBool,
}

impl Wake {
    /// Rings: one worker looks for work.
    pub fn ring(&self) {
        self.0.bell.notify_one();
    }

    /// Done when it rings; the call of the last round counts from this moment on, not only while it is awaited.
    fn heard(&self) -> impl Future<Output = ()> {
        self.0.bell.notified()
    }

    /// Says that the process is about to end: the workers do what only they can, and go.
    fn call_last_round(&self) {
        self.0.last_round.store(true, Ordering::Release);
        self.0.bell.notify_waiters();
    }

    fn is_last_round(&self) -> bool {
        self.0.last_round.load(Ordering::Acquire)
    }
}

/// Queues a job inside the caller's transaction.
pub async fn enqueue(tx: &mut PgConnection, job: &Job) -> Result<()> {
    insert(tx, job, None, 0).await
}

/// Queues a job that is due only after so many minutes.
pub async fn enqueue_in(tx: &mut PgConnection, job: &Job, minutes: i32) -> Result<()> {
    insert(tx, job, None, minutes).await
}

/// Queues a mail that holds a secret. Its text is sealed with a key that is nowhere but in this process's memory: no
/// reader of the database can open it, and if the process dies the mail is lost and has to be asked for again.
pub async fn enqueue_secret(tx: &mut PgConnection, server: &Server, mail: &Mail) -> Result<()> {
    let sealed = server.seal().close(mail)?;
    insert(tx, &Job::SealedMail { to: mail.to.clone(), sealed }, Some(server.seal()), 0).await
}

/// Says more closely what a job that is being done is about; it stays the same row.
async fn replace(tx: &mut PgConnection, id: i64, job: &Job) -> Result<()> {
    let (kind, payload) = row(job)?;
    sqlx::query!("update jobs set kind = $2, payload = $3 where id = $1", id, kind, payload).execute(tx).await?;
    Ok(())
}

/// Kind and payload, as the table has them.
fn row(job: &Job) -> Result<(String, serde_json::Value)> {
    let mut row = serde_json::to_value(job).map_err(|error| Error::Unavailable(Box::new(error)))?;
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
