//! Asking, as nobody yet, for a mail that opens an account. What is asked of the database, and what is counted, is the
//! same whether or not there is such an account.

use crate::{
    accounts::Email,
    error::Result,
    id::UserId,
    limits,
    request::{Member, Request},
    sessions,
};

/// Whose account an address is.
pub(crate) struct Owner {
    pub id: UserId,
    /// As the account has it: mail goes there, never to the spelling somebody typed.
    pub email: String,
}

/// Counts one mail to `email`, and finds whose it is. [`crate::Error::Limited`] for too many: strangers share one
/// count, and one with their neighbours at the same client address; a browser the account has used before has its own,
/// so that its owner always gets their mail.
pub(crate) async fn count(cx: &Request, email: &Email) -> Result<Option<Owner>> {
    let owner = sqlx::query!("select id, email from users where lower(email) = $1", email.key())
        .fetch_optional(cx.server.db())
        .await?
        .map(|row| Owner { id: UserId(row.id), email: row.email });
    match sessions::known_browser(cx, owner.as_ref().map(|owner| owner.id)).await? {
        Some(browser) => limits::take(&cx.server, limits::MAIL_BROWSER, browser).await?,
        None => {
            limits::take(&cx.server, limits::ASK_CLIENT, cx.client().limit_key()).await?;
            limits::take(&cx.server, limits::MAIL_ADDRESS, email.key()).await?;
        }
    }
    Ok(owner)
}

/// Counts one mail that somebody asks for who is signed in. [`crate::Error::Limited`] for too many: each of their
/// browsers has its own count, so that one in other hands leaves the others theirs; all together have one too.
pub(crate) async fn count_own(cx: &Request, me: &Member) -> Result<()> {
    limits::take(&cx.server, limits::MAIL_DEVICE, me.device).await?;
    limits::take(&cx.server, limits::MAIL_USER, me.id()).await
}
