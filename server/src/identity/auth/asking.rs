//! Requests, before sign-in, for a mail that opens an account. The database queries and the counts are the same with or
//! without such an account.

use std::time::Duration;

use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
    },
    identity::{
        email_links,
        sessions::{
            self,
            request::{Member, Request},
        },
        users::Email,
    },
    jobs::{self, Job},
    limits::{self, Share, SharedBudget},
};

/// The account that an address belongs to.
pub(crate) struct Owner {
    pub id: UserId,
    /// The address in the spelling of the account: mail is sent there, never to a spelling a user typed.
    pub email: String,
}

/// The outcome of a request for a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome<T = ()> {
    Sent(T),
    /// The address has reached its hourly limit. Its newest mail with a link stays valid until another can be sent,
    /// after this time.
    Earlier(Duration),
}

/// A mail that was counted and may be sent.
pub(crate) struct CountedMail {
    pub owner: Option<Owner>,
    /// True if strangers have used up the common budget of this address; the mail says so.
    pub others: bool,
}

/// Counts one mail to `email` and finds the account of the address. [`crate::Error::Limited`] for too many from one
/// client address: strangers share one count with their neighbours there. They share another for the address; part of
/// it is reserved for networks that have not asked yet. When that is used up too, a last mail with a link is sent. A
/// browser that the account has used before has its own count, so that the owner always gets their mail.
pub(crate) async fn count(cx: &Request, email: &Email) -> Result<MailOutcome<CountedMail>> {
    let owner = sqlx::query!("select id, email from users where lower(email) = $1", email.key())
        .fetch_optional(cx.server.db())
        .await?
        .map(|row| Owner { id: UserId(row.id), email: row.email });
    let share = match sessions::known_browser(cx, owner.as_ref().map(|owner| owner.id)).await? {
        Some(browser) => {
            limits::take(cx.server.db(), limits::MAIL_BROWSER, browser).await?;
            Share::Common { is_first: false }
        }
        None => {
            limits::take(cx.server.db(), limits::ASK_CLIENT, cx.client().limit_key()).await?;
            match count_address(cx, email).await? {
                MailOutcome::Sent(share) => share,
                MailOutcome::Earlier(wait) => return Ok(MailOutcome::Earlier(wait)),
            }
        }
    };
    Ok(MailOutcome::Sent(CountedMail { owner, others: share == Share::Reserve }))
}

/// Counts one mail to an address for strangers; when the budget is used up, queues the last mail instead.
pub(crate) async fn count_address(cx: &Request, email: &Email) -> Result<MailOutcome<Share>> {
    match limits::take_shared(cx.server.db(), SharedBudget::MAIL, &email.key(), cx.client()).await {
        Ok(share) => Ok(MailOutcome::Sent(share)),
        Err(Error::Limited(wait)) => {
            mail_last(cx, email).await?;
            Ok(MailOutcome::Earlier(wait))
        }
        Err(other) => Err(other),
    }
}

/// Queues a mail with a link that works in any browser, at most once an hour, when strangers have used up everything
/// else. The link is valid for longer than the wait for the next mail, so the owner can always sign in. For an address
/// without an account the mail says that there is none; the worker decides which mail to send.
async fn mail_last(cx: &Request, email: &Email) -> Result<()> {
    match limits::take(cx.server.db(), limits::MAIL_LAST, email.key()).await {
        Ok(()) => {}
        Err(Error::Limited(_)) => return Ok(()),
        Err(other) => return Err(other),
    }
    let mut tx = cx.server.begin().await?;
    jobs::enqueue_until(
        &mut tx,
        &Job::Reset { to: email.as_str().to_owned(), others: true },
        email_links::reset_minutes(true),
    )
    .await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Counts one mail for a signed-in user. [`crate::Error::Limited`] for too many: each of the user's sessions has its
/// own count, so that a stolen session cannot use up the others; all sessions together have a count too.
pub(crate) async fn count_own(cx: &Request, me: &Member) -> Result<()> {
    limits::take(cx.server.db(), limits::MAIL_DEVICE, me.device).await?;
    limits::take(cx.server.db(), limits::MAIL_USER, me.id()).await
}
