//! Signing up. A registration owns and reserves nothing; it belongs to the browser that holds its flow token. The
//! right code (or an operator's invitation) proves the address, and then everything is made in one transaction: the
//! user, the password, and the session's owner. Whoever proves first wins; a loser keeps the address just proved and
//! picks another username.

mod begin;
mod finish;
mod verify;

pub(crate) use begin::check_free;
pub use begin::{Wish, begin, resend};
pub use finish::{Missing, Outstanding, finish, outstanding};
pub(crate) use finish::{NewUser, insert_user, welcome};
pub use verify::verify;

use crate::{
    error::{Error, Result},
    random::Token,
    request::Request,
};

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The account exists and this browser is signed in to it.
    Done,
    /// The address is proved; something else is still to be chosen.
    Choose,
    /// The address proved belongs to an account already: sign in there.
    HaveAccount,
}

/// The registration this browser is in the middle of, as its page shows it. [`Error::NotFound`] when there is none.
pub struct Registration {
    pub email: String,
    pub username: String,
    pub proved: bool,
    pub has_password: bool,
}

/// Looks the browser's registration up.
pub async fn current(cx: &Request) -> Result<Registration> {
    let flow = flow(cx)?;
    sqlx::query_as!(
        Registration,
        r#"
        select email, username, proved_at is not null as "proved!", password_hash is not null as "has_password!"
        from registrations where flow_hash = $1 and expires_at > now()
        "#,
        &flow.hash()[..],
    )
    .fetch_optional(cx.server.db())
    .await?
    .ok_or(Error::NotFound)
}

/// Whether a token is of an operator's invitation. Only such a one may come by a link: a sign-up somebody else began
/// must not be put into a browser.
pub async fn is_invitation(cx: &Request, token: &Token) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"
        select exists (
            select 1 from registrations where flow_hash = $1 and expires_at > now()
                and proved_at is not null and code_expires_at is null
        ) as "invitation!"
        "#,
        &token.hash()[..],
    )
    .fetch_one(cx.server.db())
    .await?)
}

/// The flow token this browser holds; without one there is no registration of its own.
fn flow(cx: &Request) -> Result<&Token> {
    cx.flow().ok_or(Error::NotFound)
}
