//! Password reset by an e-mail link. The reader of the mailbox owns the account: a reset ends everything that was
//! pending before.

use secrecy::SecretString;
use sqlx::PgConnection;

use super::{
    asking::{self, MailOutcome},
    password, sign_in,
};
use crate::{
    base::{error::Result, fair_queue::QueueKey, id::UserId},
    identity::{
        audit::{self, Actor, Event},
        email_links::{self, EmailLink},
        mails, notices,
        sessions::{self, SignInMethod, request::Request},
        users::Email,
    },
    jobs::{self, Job},
    limits,
    mailer::Mail,
};

/// Mails a reset link to an address that has an account; to any other, a mail that says that it has none. The queued
/// job is the same for both and the worker decides, so that neither the response nor its timing tells the difference.
///
/// [`crate::Error::Invalid`] on `email`; [`crate::Error::Limited`] for too many mails from one client address.
pub async fn request(cx: &Request, email: &str) -> Result<MailOutcome> {
    let email = Email::parse(email)?;
    let others = match asking::count(cx, &email).await? {
        MailOutcome::Sent(counted) => counted.others,
        MailOutcome::Earlier(wait) => return Ok(MailOutcome::Earlier(wait)),
    };
    let mut tx = cx.server.begin().await?;
    jobs::enqueue_until(
        &mut tx,
        &Job::Reset { to: email.as_str().to_owned(), others },
        email_links::reset_minutes(others),
    )
    .await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(MailOutcome::Sent(()))
}

/// Sets the password, revokes every session and everything that is pending, and signs this browser in. Returns true if
/// linked identities can sign in to this account too: an attacker may have linked them, and only the owner can tell.
///
/// [`crate::Error::Invalid`] on `new_password`; [`crate::Error::NotFound`] when the link is used, expired or unknown.
pub async fn finish(cx: &Request, link: &EmailLink, new: &SecretString) -> Result<bool> {
    let user =
        sqlx::query!("select username, email from users where id = $1", link.user.0).fetch_one(cx.server.db()).await?;
    let counted = format!("link {}", link.id());
    let (key, context) = (QueueKey::new(cx.client(), &*counted), [user.username.as_str(), user.email.as_str()]);
    let work = password::hash_new(&cx.server, key, "new_password", new, &context);
    let hash = limits::counted(cx.server.db(), (limits::NEW_PASSWORD, &counted), work).await?;
    sign_in::refuse_suspended(&cx.server, link.user, "new_password").await?;
    let session = sessions::open(cx, true).await?;
    let mut tx = cx.server.begin().await?;
    email_links::use_up(&mut tx, link).await?;
    password::set(&mut tx, link.user, &hash).await?;
    revoke_pending(&mut tx, link.user).await?;
    let device = sessions::claim(&mut tx, cx, &session, link.user, (SignInMethod::Reset, true)).await?;
    let actor = || Actor::Person { user: link.user, device: Some(device), client: cx.client() };
    audit::record(&mut tx, link.user, actor(), &Event::PasswordReset).await?;
    sessions::note_browser(&mut tx, cx, link.user).await?;
    let notice = mails::password_changed(&cx.server.config().origin);
    notices::notify(&mut tx, link.user, Mail { to: user.email, message: notice }).await?;
    let connected = sqlx::query_scalar!(
        r#"select exists (select 1 from identities where user_id = $1) as "connected!""#,
        link.user.0
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(connected)
}

/// Ends everything an attacker may have started in this account: sessions and their known browsers, codes, links, and
/// changes that wait for elevation.
pub(crate) async fn revoke_pending(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sessions::revoke_all_and_forget_browsers(tx, user).await?;
    sqlx::query!("delete from authorization_requests where user_id = $1", user.0).execute(&mut *tx).await?;
    end_codes_and_links(tx, user).await
}

/// Deletes every mailed code and uses up every link, except the undo link of an address change: that belongs to the
/// owner.
pub(crate) async fn end_codes_and_links(tx: &mut PgConnection, user: UserId) -> Result<()> {
    end_codes(tx, user).await?;
    sqlx::query!(
        "update email_links set used_at = now() where user_id = $1 and used_at is null and purpose <> 'undo_email'",
        user.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes every mailed code.
pub(crate) async fn end_codes(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!("delete from email_codes where user_id = $1", user.0).execute(tx).await?;
    Ok(())
}
