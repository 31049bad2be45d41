//! Changes of the e-mail address, and their undoing.

use super::end_other_ways;
use crate::{
    base::{
        error::{Error, Invalid, Result, on_constraint},
        random::Token,
    },
    identity::{
        audit::{self, Actor, Event},
        auth::{
            asking::{self, MailOutcome},
            code::{self, CodePurpose, Recipient},
            reset,
        },
        email_links::{self, EmailLink},
        mails,
        sessions::{
            self,
            request::{Elevated, Request},
        },
        users::Email,
    },
    jobs::{self, Job},
    limits::{self, SharedBudget},
    mailer::Mail,
};

/// Mails a code to the new address. Nothing changes until the user enters the code. If the address already has an
/// account, the mail says so instead and has no code; the response is the same. The returned token is for the browser.
/// If no further mail may be sent to the address, the pending code of this browser is extended.
///
/// [`Error::Invalid`] on `email`; [`Error::Limited`] for too many mails by this user.
pub async fn request_email(cx: &Request, me: &Elevated, typed: &str) -> Result<MailOutcome<Token>> {
    let email = Email::parse(typed)?;
    asking::count_own(cx, me).await?;
    match limits::take_shared(cx.server.db(), SharedBudget::MAIL, &email.key(), cx.client()).await {
        Ok(_) => {}
        Err(Error::Limited(wait)) => {
            code::extend(cx, CodePurpose::ChangeEmail, email.as_str()).await?;
            return Ok(MailOutcome::Earlier(wait));
        }
        Err(other) => return Err(other),
    }
    let origin = &cx.server.config().origin;
    let mut tx = cx.server.begin().await?;
    sessions::lock_elevated(&mut tx, me).await?;
    let taken =
        sqlx::query_scalar!(r#"select exists (select 1 from users where lower(email) = $1) as "taken!""#, email.key())
            .fetch_one(&mut *tx)
            .await?;
    // One change at a time: the code for another address is deleted.
    sqlx::query!("delete from email_codes where user_id = $1 and purpose = 'change_email'", me.id().0)
        .execute(&mut *tx)
        .await?;
    let to = Recipient { user: Some(me.id()), email: email.as_str(), shown: email.as_str() };
    let flow = code::issue((&mut *tx, &cx.server), CodePurpose::ChangeEmail, &to, !taken, |digits| {
        if taken { mails::address_in_use(origin) } else { mails::new_email_code(origin, digits) }
    })
    .await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(MailOutcome::Sent(flow))
}

/// Sets the address that the correct code was mailed to. Mails a notice to the old address, with an undo link unless
/// this change is itself an undo. Signs out all other devices.
///
/// [`Error::Invalid`] on `code`; [`Error::NotFound`] when this user has no pending change in this browser.
pub async fn change_email(cx: &Request, me: &Elevated, typed: &str) -> Result<()> {
    let right = code::try_code(cx, CodePurpose::ChangeEmail, typed).await?;
    if right.user != me.id() {
        return Err(Error::NotFound);
    }
    let mut tx = cx.server.begin().await?;
    sessions::lock_elevated(&mut tx, me).await?;
    code::use_up(&mut tx, right.id).await?;
    let old = sqlx::query_scalar!("select email from users where id = $1", me.id().0).fetch_one(&mut *tx).await?;
    let taken = || Invalid::one("code", "That address has an account of its own by now.");
    sqlx::query!("update users set email = $2 where id = $1", me.id().0, right.email)
        .execute(&mut *tx)
        .await
        .map_err(|e| on_constraint(e, "users_email_key", taken()))?;
    // Codes and links mailed to the old address must no longer open the account.
    end_other_ways(&mut tx, me).await?;
    audit::record(&mut tx, me.id(), Actor::of(cx, me), &Event::EmailChanged).await?;
    let notice = match email_links::prepare_undo(&mut tx, me.id(), &old, &right.email).await? {
        Some(undo_link) => undo_link,
        None => Job::Mail(Mail { to: old, message: mails::email_back(&cx.server.config().origin, &right.email) }),
    };
    jobs::enqueue(&mut tx, &notice).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Restores the address from before a change, by the undo link mailed there. Revokes all sessions and everything else
/// that is pending for the account, including the undo links of later changes. Mails a notice to both addresses.
///
/// [`Error::NotFound`] when the link is used, expired or unknown; [`Error::Invalid`] when the address has another
/// account.
pub async fn undo_email(cx: &Request, link: &EmailLink) -> Result<()> {
    let old = link.email.as_deref().ok_or(Error::NotFound)?;
    let mut tx = cx.server.begin().await?;
    email_links::use_undo(&mut tx, link).await?;
    let replaced_email =
        sqlx::query_scalar!("select email from users where id = $1", link.user.0).fetch_one(&mut *tx).await?;
    let taken =
        || Invalid::one("", "That address has another account by now. Please write to the people who run this site.");
    sqlx::query!("update users set email = $2 where id = $1", link.user.0, old)
        .execute(&mut *tx)
        .await
        .map_err(|e| on_constraint(e, "users_email_key", taken()))?;
    reset::revoke_pending(&mut tx, link.user).await?;
    // An attacker who changed the address may also have set the password or linked an identity. Only the mailbox proves
    // the owner now, and the owner chooses a new password with it.
    sqlx::query!("delete from passwords where user_id = $1", link.user.0).execute(&mut *tx).await?;
    sqlx::query!("delete from identities where user_id = $1", link.user.0).execute(&mut *tx).await?;
    audit::record(&mut tx, link.user, Actor::LinkHolder { client: cx.client() }, &Event::EmailRestored).await?;
    let origin = &cx.server.config().origin;
    for (to, message) in
        [(replaced_email, mails::email_back(origin, old)), (old.to_owned(), mails::email_restored(origin))]
    {
        jobs::enqueue(&mut tx, &Job::Mail(Mail { to, message })).await?;
    }
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}
