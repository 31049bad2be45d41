//! Sign-in with a code by mail: needs no password, and still works when strangers have used up the tries of the
//! password.

use super::{
    asking::{self, CountedMail, MailOutcome},
    code::{self, CodePurpose, Recipient},
    sign_in,
};
use crate::{
    base::{error::Result, random::Token},
    identity::{
        mails,
        sessions::{SignInMethod, request::Request},
        users::Email,
    },
};

/// Mails a code to an address; to one without an account, a mail that says so. The response is the same for both. The
/// returned token is for the browser.
///
/// When no other mail may be sent, the pending code of this browser is extended.
///
/// [`crate::Error::Invalid`] on `email`; [`crate::Error::Limited`] for too many mails from one client address.
pub async fn request(cx: &Request, email: &str) -> Result<MailOutcome<Token>> {
    let email = Email::parse(email)?;
    let CountedMail { owner, others } = match asking::count(cx, &email).await? {
        MailOutcome::Sent(counted) => counted,
        MailOutcome::Earlier(wait) => {
            code::extend(cx, CodePurpose::SignIn, email.as_str()).await?;
            return Ok(MailOutcome::Earlier(wait));
        }
    };
    let origin = &cx.server.config().origin;
    let to = Recipient {
        user: owner.as_ref().map(|owner| owner.id),
        email: owner.as_ref().map_or(email.as_str(), |owner| &owner.email),
        shown: email.as_str(),
    };
    let mut tx = cx.server.begin().await?;
    let flow = code::issue((&mut *tx, &cx.server), CodePurpose::SignIn, &to, owner.is_some(), |digits| {
        if owner.is_some() { mails::sign_in_code(origin, digits, others) } else { mails::no_account(origin, others) }
    })
    .await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(MailOutcome::Sent(flow))
}

/// Signs in with the code from the mail.
///
/// [`crate::Error::Invalid`] on `code` when it is wrong, expired or used up, or the account is suspended;
/// [`crate::Error::NotFound`] when this browser has no pending code.
pub async fn sign_in(cx: &Request, typed: &str, remember: bool) -> Result<()> {
    let right = code::try_code(cx, CodePurpose::SignIn, typed).await?;
    sign_in::refuse_suspended(&cx.server, right.user, "code").await?;
    sign_in::enter(cx, right.user, (SignInMethod::Code, remember), async |tx| code::use_up(tx, right.id).await).await
}
