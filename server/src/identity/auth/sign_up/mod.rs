//! Sign-up. A registration owns and reserves nothing; it belongs to the browser that holds its flow token. The right
//! code (or an operator's invitation) verifies the address, and then one transaction creates everything: the user, the
//! password, and the session's owner. The first to verify wins; the other keeps the verified address and picks another
//! username.

mod begin;
mod finish;
mod verify;

pub(crate) use begin::check_free;
pub use begin::{SignUpRequest, begin, resend};
pub use finish::{Missing, Outstanding, finish, outstanding};
pub(crate) use finish::{NewUser, insert_user, welcome};
pub use verify::verify;

use crate::{
    base::{
        error::{Error, Result},
        random::Token,
    },
    identity::sessions::request::Request,
};

/// The outcome of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The account exists and this browser is signed in to it.
    Done,
    /// The address is verified; another field is still missing.
    Choose,
    /// The verified address already belongs to an account: sign in there.
    HaveAccount,
}

/// The pending registration of this browser, for its page.
pub struct Registration {
    pub email: String,
    pub username: String,
    pub verified: bool,
    pub has_password: bool,
}

/// Returns the browser's registration. [`Error::NotFound`] when there is none.
pub async fn current(cx: &Request) -> Result<Registration> {
    let flow = flow(cx)?;
    sqlx::query_as!(
        Registration,
        r#"
        select email, username, verified_at is not null as "verified!", password_hash is not null as "has_password!"
        from registrations where flow_hash = $1 and expires_at > now()
        "#,
        &flow.hash()[..],
    )
    .fetch_optional(cx.server.db())
    .await?
    .ok_or(Error::NotFound)
}

/// Returns true if the token belongs to an operator's invitation. Only an invitation may come by a link: an attacker
/// must not be able to plant their own sign-up in another user's browser.
pub async fn is_invitation(cx: &Request, token: &Token) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"
        select exists (
            select 1 from registrations where flow_hash = $1 and expires_at > now()
                and verified_at is not null and code_expires_at is null
        ) as "invitation!"
        "#,
        &token.hash()[..],
    )
    .fetch_one(cx.server.db())
    .await?)
}

/// Returns the flow token of this browser; without it the browser has no registration.
fn flow(cx: &Request) -> Result<&Token> {
    cx.flow().ok_or(Error::NotFound)
}
