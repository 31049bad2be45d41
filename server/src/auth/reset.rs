//! Choosing a new password without knowing the old one, by a link in a mail. Whoever can read the mailbox owns the
//! account: everything that was under way before ends with it.

use secrecy::SecretString;
use sqlx::PgConnection;

use super::{
    asking::{self, MailOutcome},
    password, sign_in,
};
use crate::{
    accounts::Email,
    audit::{self, Actor, Event},
    error::Result,
    fair_queue::QueueKey,
    id::UserId,
    jobs::{self, Job},
    limits,
    links::{self, Link},
    mailer::{Mail, messages},
    request::Request,
    sessions::{self, How},
};

/// How long the link works, in minutes.
const MINUTES: i32 = 30;
/// The same when strangers have used up what is mailed to the address: longer than until there can be other mails.
const MINUTES_AMONG_OTHERS: i32 = 90;

/// How long the link works, in minutes. `others`: whether strangers have used up what is mailed to the address.
pub(crate) fn minutes(others: bool) -> i32 {
    if others { MINUTES_AMONG_OTHERS } else { MINUTES }
}

/// Mails a link to an address that has an account; to another, word that it has none. What is queued is the same for
/// both; the worker looks which it is, so that neither the answer nor the time it takes tells.
///
/// [`crate::Error::Invalid`] on `email`; [`crate::Error::Limited`] for too many mails from one client address.
pub async fn request(cx: &Request, email: &str) -> Result<MailOutcome> {
    let email = Email::parse(email)?;
    let others = match asking::count(cx, &email).await? {
        MailOutcome::Sent(counted) => counted.others,
        MailOutcome::Earlier(wait) => return Ok(MailOutcome::Earlier(wait)),
    };
    let mut tx = cx.server.begin().await?;
    jobs::enqueue(&mut tx, &Job::Reset { to: email.as_str().to_owned(), others }).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(MailOutcome::Sent(()))
}

/// Sets the password, ends every session and everything that was under way, and signs this browser in. Returns whether
/// accounts elsewhere open this one too: somebody else may have linked them, and only its owner knows.
///
/// [`crate::Error::Invalid`] on `new_password`; [`crate::Error::NotFound`] when the link is used, late or not one.
pub async fn finish(cx: &Request, link: &Link, new: &SecretString) -> Result<bool> {
    let user =
        sqlx::query!("select username, email from users where id = $1", link.user.0).fetch_one(cx.server.db()).await?;
    let counted = format!("link {}", link.id());
    let (key, context) = (QueueKey::new(cx.client(), &*counted), [user.username.as_str(), user.email.as_str()]);
    let work = password::hash_new(&cx.server, key, "new_password", new, &context);
    let hash = limits::counted(&cx.server, (limits::NEW_PASSWORD, &counted), work).await?;
    sign_in::refuse_suspended(&cx.server, link.user, "new_password").await?;
    let session = sessions::open(cx, true).await?;
    let mut tx = cx.server.begin().await?;
    links::use_up(&mut tx, link).await?;
    password::set(&mut tx, link.user, &hash).await?;
    end_everything_under_way(&mut tx, link.user).await?;
    let device = sessions::claim(&mut tx, cx, &session, link.user, (How::Reset, true)).await?;
    let actor = || Actor::Person { user: link.user, device: Some(device), client: cx.client() };
    audit::record(&mut tx, link.user, actor(), &Event::PasswordReset).await?;
    sessions::note_browser(&mut tx, cx, link.user).await?;
    let notice = messages::password_changed(&cx.server.config().origin);
    jobs::notify(&mut tx, link.user, Mail { to: user.email, message: notice }).await?;
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

/// Ends what somebody else may have begun in this account: sessions and what is known of their browsers, codes, links,
/// changes that wait for a proof.
pub(crate) async fn end_everything_under_way(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sessions::end_everywhere(tx, user).await?;
    sqlx::query!("delete from oauth_flows where user_id = $1", user.0).execute(&mut *tx).await?;
    end_codes_and_links(tx, user).await
}

/// Kills every code and link that was mailed, but the way back from a change of the address: that is its owner's.
pub(crate) async fn end_codes_and_links(tx: &mut PgConnection, user: UserId) -> Result<()> {
    end_codes(tx, user).await?;
    sqlx::query!(
        "update links set used_at = now() where user_id = $1 and used_at is null and purpose <> 'undo_email'",
        user.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Kills every code that was mailed.
pub(crate) async fn end_codes(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!("delete from codes where user_id = $1", user.0).execute(tx).await?;
    Ok(())
}
