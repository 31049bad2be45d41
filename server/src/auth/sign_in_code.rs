//! Signing in with a code by mail: no password needed, and the way in that stays open when strangers have used up the
//! tries of a password.

use super::{
    code::{self, Purpose, Recipient},
    sign_in,
};
use crate::{
    accounts::Email, error::Result, id::UserId, limits, mailer::messages, random::Token, request::Request,
    sessions::How,
};

/// Mails a code to an address; to one without an account, word of that. The answer does not tell which. The returned
/// token goes to the browser.
///
/// [`crate::Error::Invalid`] on `email`; [`crate::Error::Limited`] for too many mails.
pub async fn request(cx: &Request, email: &str) -> Result<Token> {
    let email = Email::parse(email)?;
    limits::take(&cx.server, limits::ASK_CLIENT, cx.client().limit_key()).await?;
    limits::take(&cx.server, limits::MAIL_ADDRESS, email.key()).await?;
    let known = sqlx::query!("select id, email from users where lower(email) = $1", email.key())
        .fetch_optional(cx.server.db())
        .await?;
    let origin = &cx.server.config().origin;
    // Mail goes to the address we have, never to the spelling somebody typed.
    let to = Recipient {
        user: known.as_ref().map(|known| UserId(known.id)),
        email: known.as_ref().map_or(email.as_str(), |known| &known.email),
        shown: email.as_str(),
    };
    let mut tx = cx.server.begin().await?;
    let flow =
        code::issue((&mut *tx, &cx.server), Purpose::SignIn, &to, known.is_some(), |digits| match known.is_some() {
            true => messages::sign_in_code(origin, digits),
            false => messages::no_account(origin),
        })
        .await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(flow)
}

/// Signs in with the code from the mail.
///
/// [`crate::Error::Invalid`] on `code` when it is wrong, late or used up, or the account is suspended;
/// [`crate::Error::NotFound`] when this browser waits for none.
pub async fn sign_in(cx: &Request, typed: &str, remember: bool) -> Result<()> {
    let right = code::try_code(cx, Purpose::SignIn, typed).await?;
    sign_in::refuse_suspended(&cx.server, right.user, "code").await?;
    sign_in::enter(cx, right.user, (How::Code, remember), async |tx| code::use_up(tx, &right).await).await
}
