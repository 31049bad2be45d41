//! Verifies an address, or the account that has it, before anything is linked or created. A code mailed to an address
//! does both: a reader of the mailbox could sign in to its account anyway.

use secrecy::SecretString;

use super::pending_sign_ups::{self, Stage};
use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
        random::Token,
    },
    identity::{
        auth::{
            asking::{self, CountedMail, MailOutcome},
            code::{self, CodePurpose, Recipient},
            sign_in::{self, Attempt},
        },
        mails,
        sessions::{SignInMethod, request::Request},
        users::Email,
    },
};

/// Returns the address of the pending code of this browser.
pub async fn waiting(cx: &Request) -> Result<String> {
    code::waiting(cx, CodePurpose::OAuthSignUp).await
}

/// Mails a code to a typed address. The response does not reveal if it has an account, only the mail does. The returned
/// token is for the browser. When no other mail may be sent, the pending code of this browser is extended.
///
/// [`Error::Invalid`] on `email`; [`Error::Limited`]; [`Error::NotFound`] when this browser has no pending sign-up.
pub async fn ask_address(cx: &Request, typed: &str) -> Result<MailOutcome<Token>> {
    pending_sign_ups::current(cx, false).await?;
    mail_code(cx, &Email::parse(typed)?).await
}

async fn mail_code(cx: &Request, email: &Email) -> Result<MailOutcome<Token>> {
    let CountedMail { owner, others } = match asking::count(cx, email).await? {
        MailOutcome::Sent(counted) => counted,
        MailOutcome::Earlier(wait) => {
            code::extend(cx, CodePurpose::OAuthSignUp, email.as_str()).await?;
            return Ok(MailOutcome::Earlier(wait));
        }
    };
    let mut tx = cx.server.begin().await?;
    let label = cx.server.providers().label(pending_sign_ups::row(&mut tx, cx).await?.account()?.provider);
    let origin = &cx.server.config().origin;
    let to = Recipient {
        user: owner.as_ref().map(|owner| owner.id),
        email: owner.as_ref().map_or(email.as_str(), |owner| &owner.email),
        shown: email.as_str(),
    };
    let flow = code::issue((&mut *tx, &cx.server), CodePurpose::OAuthSignUp, &to, true, |digits| {
        if owner.is_some() {
            mails::link_code(origin, digits, &label, others)
        } else {
            mails::oauth_sign_up_code(origin, digits, &label, others)
        }
    })
    .await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(MailOutcome::Sent(flow))
}

/// Checks the code. If the address has an account, signs in to it and links the identity; otherwise marks the address
/// as verified. Returns the page to continue at after a sign-in.
///
/// [`Error::Invalid`] on `code`, or when the account is suspended or cannot be linked to; [`Error::NotFound`] when this
/// browser has no pending code.
pub async fn prove_by_code(cx: &Request, typed: &str) -> Result<Option<String>> {
    let next = pending_sign_ups::next(cx).await?;
    let right = code::try_address(cx, CodePurpose::OAuthSignUp, typed).await?;
    let owner = sqlx::query_scalar!("select id from users where lower(email) = lower($1)", right.email)
        .fetch_optional(cx.server.db())
        .await?;
    let Some(user) = owner.map(UserId) else {
        let mut tx = cx.server.begin().await?;
        code::use_up(&mut tx, right.id).await?;
        pending_sign_ups::set_verified(&mut tx, cx, &right.email).await?;
        tx.commit().await?;
        return Ok(None);
    };
    sign_in::refuse_suspended(&cx.server, user, "code").await?;
    sign_in::enter(cx, user, (SignInMethod::Code, true), async |tx| {
        code::use_up(tx, right.id).await?;
        pending_sign_ups::link(tx, cx, (user, Some(&right.email))).await
    })
    .await?;
    Ok(Some(next))
}

/// Signs in to the account to verify with its password, and links the identity. Returns the page to continue at. The
/// tries count with all others for that address.
///
/// Errors as in [`sign_in::sign_in`]; [`Error::NotFound`] when this browser has no pending sign-up, or none for an
/// account.
pub async fn prove_by_password(cx: &Request, password: SecretString) -> Result<String> {
    let next = pending_sign_ups::next(cx).await?;
    let Stage::Prove { address, .. } = pending_sign_ups::current(cx, false).await?.stage else {
        return Err(Error::NotFound);
    };
    let attempt = Attempt { identifier: address, password, remember: true };
    sign_in::sign_in_and(cx, &attempt, async |tx, user| pending_sign_ups::link(tx, cx, (user, None)).await).await?;
    Ok(next)
}
