//! Asking, as nobody yet, for a mail that opens an account. What is asked of the database, and what is counted, is the
//! same whether or not there is such an account.

use std::time::Duration;

use crate::{
    accounts::Email,
    error::{Error, Result},
    id::UserId,
    jobs::{self, Job},
    limits::{self, Share, SharedBudget},
    request::{Member, Request},
    sessions,
};

/// Whose account an address is.
pub(crate) struct Owner {
    pub id: UserId,
    /// As the account has it: mail goes there, never to the spelling somebody typed.
    pub email: String,
}

/// What became of a wish for a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome<T = ()> {
    Sent(T),
    /// As many mails went to the address as are sent in an hour, and the newest with a link stays good until there can be
    /// another, after this time.
    Earlier(Duration),
}

/// A mail that may be sent.
pub(crate) struct CountedMail {
    pub owner: Option<Owner>,
    /// Strangers have used up what is mailed to this address: the mail says so.
    pub others: bool,
}

/// Counts one mail to `email`, and finds whose it is. [`crate::Error::Limited`] for too many from one client address:
/// strangers share one count with their neighbours there. They share another for the address, part of which is kept for
/// networks that have not asked yet; when that is used up too, a last mail with a link goes out. A browser the account has
/// used before has its own count, so that its owner always gets their mail.
pub(crate) async fn count(cx: &Request, email: &Email) -> Result<MailOutcome<CountedMail>> {
    let owner = sqlx::query!("select id, email from users where lower(email) = $1", email.key())
        .fetch_optional(cx.server.db())
        .await?
        .map(|row| Owner { id: UserId(row.id), email: row.email });
    let share = match sessions::known_browser(cx, owner.as_ref().map(|owner| owner.id)).await? {
        Some(browser) => {
            limits::take(&cx.server, limits::MAIL_BROWSER, browser).await?;
            Share::Common { is_first: false }
        }
        None => {
            limits::take(&cx.server, limits::ASK_CLIENT, cx.client().limit_key()).await?;
            match count_address(cx, email).await? {
                MailOutcome::Sent(share) => share,
                MailOutcome::Earlier(wait) => return Ok(MailOutcome::Earlier(wait)),
            }
        }
    };
    Ok(MailOutcome::Sent(CountedMail { owner, others: share == Share::Reserve }))
}

/// Counts one mail to an address that strangers ask for; when nothing is left, the last one is queued instead.
pub(crate) async fn count_address(cx: &Request, email: &Email) -> Result<MailOutcome<Share>> {
    match limits::take_shared(&cx.server, SharedBudget::MAIL, &email.key(), cx.client()).await {
        Ok(share) => Ok(MailOutcome::Sent(share)),
        Err(Error::Limited(wait)) => {
            mail_last(cx, email).await?;
            Ok(MailOutcome::Earlier(wait))
        }
        Err(other) => Err(other),
    }
}

/// Once an hour, when strangers have used up everything else: a mail with a link that works in any browser, for longer
/// than it takes until others can be mailed. So an owner always has one way in. To an address without an account it goes
/// as word of that; the worker looks which it is.
async fn mail_last(cx: &Request, email: &Email) -> Result<()> {
    match limits::take(&cx.server, limits::MAIL_LAST, email.key()).await {
        Ok(()) => {}
        Err(Error::Limited(_)) => return Ok(()),
        Err(other) => return Err(other),
    }
    let mut tx = cx.server.begin().await?;
    jobs::enqueue(&mut tx, &Job::Reset { to: email.as_str().to_owned(), others: true }).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Counts one mail that somebody asks for who is signed in. [`crate::Error::Limited`] for too many: each of their
/// browsers has its own count, so that one in other hands leaves the others theirs; all together have one too.
pub(crate) async fn count_own(cx: &Request, me: &Member) -> Result<()> {
    limits::take(&cx.server, limits::MAIL_DEVICE, me.device).await?;
    limits::take(&cx.server, limits::MAIL_USER, me.id()).await
}
