//! Writes the mail of a job: opens seals and creates link tokens only now.

use crate::{
    Server,
    base::{
        error::{Error, Result},
        id::UserId,
        random::Token,
    },
    identity::{
        email_links::{self, Arm},
        mails,
    },
    jobs::{self, Job},
    mailer::Mail,
    social::notifications,
};

/// The reason why there is no mail.
pub(super) enum Unwritten {
    /// The mail has become obsolete.
    Over,
    /// No version of this process can write it.
    Never(String),
    /// Not now.
    Later(String),
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Self {
        Self::Later(error.to_string())
    }
}

/// Writes the mail of a job; `id` is its row.
pub(super) async fn write(server: &Server, (id, job): (i64, Job)) -> Result<Mail, Unwritten> {
    let origin = &server.config().origin;
    Ok(match job {
        Job::Mail(mail) => mail,
        Job::SealedMail { to, sealed } => server
            .seal()
            .open(to, &sealed)
            .ok_or_else(|| Unwritten::Never("the seal of this mail is broken".to_owned()))?,
        Job::Reset { to, others } => reset(server, (id, to), others).await?,
        Job::ResetLink { to, link, others } => {
            let token = arm(server, link, Arm::OnlyFor(&to)).await?;
            Mail { to, message: mails::reset_link(origin, &token, others) }
        }
        Job::Notices { to, subjects } => Mail { to, message: mails::notices(origin, &subjects) },
        Job::UndoLink { to, link, new } => {
            let token = arm(server, link, Arm::Any).await?;
            Mail { to, message: mails::email_changed(origin, &new, &token) }
        }
        Job::NewBrowser { to, link, browser, ip } => {
            let token = arm(server, link, Arm::Any).await?;
            Mail { to, message: mails::new_browser(origin, (&browser, &ip), &token) }
        }
        Job::Digest { user, told, more, .. } => digest(server, UserId(user), &told, more).await?,
        Job::Picture { .. } | Job::PictureObject { .. } | Job::DeleteAccount { .. } => return Err(Unwritten::Over),
    })
}

async fn arm(server: &Server, link: i64, which: Arm<'_>) -> Result<Token, Unwritten> {
    let mut db = server.db().acquire().await.map_err(Error::from)?;
    email_links::arm(&mut db, link, which).await?.ok_or(Unwritten::Over)
}

/// Writes the digest from the notifications that are still unread.
async fn digest(server: &Server, user: UserId, told: &[i64], more: usize) -> Result<Mail, Unwritten> {
    let mut db = server.db().acquire().await.map_err(Error::from)?;
    let digest = notifications::to_mail(&mut db, user, told).await?.ok_or(Unwritten::Over)?;
    let token = notifications::arm(&mut db, user).await?;
    let words = (digest.rhythm, digest.told.as_slice(), more);
    Ok(Mail { to: digest.to, message: notifications::digest_mail(&server.config().origin, words, &token) })
}

/// Looks up whether an address has an account. The page must not reveal this, not even by its timing. The mail is sent
/// to the account's address, never to the spelling a user typed. A retry sends the same link: from here on the job
/// refers to that link.
async fn reset(server: &Server, (id, typed): (i64, String), others: bool) -> Result<Mail, Unwritten> {
    let origin = &server.config().origin;
    let mut tx = server.begin().await?;
    // Locked, so that of two links created concurrently one is invalid.
    let known = sqlx::query!("select id, email from users where lower(email) = lower($1) for update", typed)
        .fetch_optional(&mut *tx)
        .await
        .map_err(Error::from)?;
    let Some(known) = known else { return Ok(Mail { to: typed, message: mails::no_account(origin, others) }) };
    let link = email_links::make_reset(&mut tx, UserId(known.id), email_links::reset_minutes(others)).await?;
    let token = email_links::arm(&mut tx, link, Arm::OnlyFor(&known.email)).await?.ok_or(Unwritten::Over)?;
    jobs::replace(&mut tx, id, &Job::ResetLink { to: known.email.clone(), link, others }).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(Mail { to: known.email, message: mails::reset_link(origin, &token, others) })
}

/// Opens the newest queued mail for an address, as the worker of this process would; the job stays queued. For tests,
/// which have no mailbox to read a code or a link in.
#[cfg(feature = "dev")]
pub async fn open_for_test(server: &Server, to: &str) -> Result<Option<Mail>> {
    let row = sqlx::query!("select id, kind, payload from jobs where payload->>'to' = $1 order by id desc limit 1", to)
        .fetch_optional(server.db())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let Ok(job) = Job::read(&row.kind, row.payload) else { return Ok(None) };
    match write(server, (row.id, job)).await {
        Ok(mail) => Ok(Some(mail)),
        Err(Unwritten::Over) => Ok(None),
        Err(Unwritten::Never(why) | Unwritten::Later(why)) => Err(Error::Unavailable(why.into())),
    }
}
