//! Work that leaves the machine. The transaction that wants it writes a row; a worker does it after the commit, so
//! nothing is done for a change that was rolled back, and no answer waits for it. At least once: a worker that dies
//! leaves its job to the next, after a pause.

mod worker;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use tokio::sync::Notify;

use crate::{
    avatars,
    error::{Error, Result},
    mailer::Mail,
};
pub use worker::{run_due, work};

/// A piece of work.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Job {
    Mail(Mail),
    /// Mail a link that sets a new password. As with the others its token is made when it is sent.
    ResetLink {
        to: String,
        link: i64,
    },
    /// Mail a link that goes back to the address it is mailed to.
    UndoLink {
        to: String,
        link: i64,
        new: String,
    },
    /// Tell of a sign-in from a new browser, with a link that ends it.
    NewBrowser {
        to: String,
        link: i64,
        browser: String,
        ip: String,
    },
    /// Copy the picture somebody has elsewhere.
    Picture(avatars::Wish),
}

/// Rings when a job was queued by this process, so that it need not wait for the next look.
#[derive(Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Rings.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    async fn heard(&self) {
        self.0.notified().await;
    }
}

/// Queues a job inside the caller's transaction.
pub async fn enqueue(tx: &mut PgConnection, job: &Job) -> Result<()> {
    let mut row = serde_json::to_value(job).map_err(|error| Error::Unavailable(Box::new(error)))?;
    let kind = row["kind"].as_str().unwrap_or_default().to_owned();
    sqlx::query!("insert into jobs (kind, payload) values ($1, $2)", kind, row["payload"].take()).execute(tx).await?;
    Ok(())
}

/// How the queue stands, for `kith doctor`.
pub struct Standing {
    pub waiting: i64,
    /// Given up on.
    pub dead: i64,
    pub last_error: Option<String>,
}

/// How the queue stands.
pub async fn standing(db: &mut PgConnection) -> Result<Standing> {
    let row = sqlx::query!(
        r#"
        select count(*) filter (where dead_at is null) as "waiting!", count(*) filter (where dead_at is not null) as "dead!",
               (select last_error from jobs where last_error is not null order by id desc limit 1) as last_error
        from jobs
        "#
    )
    .fetch_one(db)
    .await?;
    Ok(Standing { waiting: row.waiting, dead: row.dead, last_error: row.last_error })
}
