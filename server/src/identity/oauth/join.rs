//! Completes a pending OAuth sign-up: creates user, identity and session in one transaction, or nothing. The account
//! has no password; the user can set one later.

use super::{identities, pending_sign_ups};
use crate::{
    base::error::{Invalid, Result},
    identity::{
        auth::sign_up::{self, NewUser},
        avatars,
        sessions::{self, SignInMethod, request::Request},
        users::{self, Email, Username},
    },
};

/// The input of the form.
pub struct Chosen {
    pub username: String,
    pub display_name: String,
    /// One of the verified addresses.
    pub email: String,
}

/// The outcome of joining.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpOutcome {
    /// The account exists and this browser is signed in to it; has the page to continue at.
    Done(String),
    /// The address has an account by now: it has to be verified.
    AddressTaken,
    /// The identity has an account by now: sign in with it.
    HaveAccount,
}

/// Creates the account.
///
/// [`Invalid`] on `username`, `display_name` or `email`; [`crate::Error::NotFound`] when this browser has no pending
/// sign-up.
pub async fn join(cx: &Request, chosen: &Chosen) -> Result<SignUpOutcome> {
    let mut invalid = Invalid::default();
    let username = invalid.note(Username::parse(&chosen.username));
    let display_name = invalid.note(users::display_name(&chosen.display_name));
    let email = invalid.note(Email::parse(&chosen.email));
    let mut db = cx.server.db().acquire().await?;
    let row = pending_sign_ups::row(&mut db, cx).await?;
    if let Some(username) = &username {
        invalid.note(sign_up::check_free(&mut db, username).await?);
    }
    drop(db);
    // Only verified addresses: a form field proves nothing.
    let is_verified = |email: &Email| row.addresses.iter().any(|address| address.eq_ignore_ascii_case(email.as_str()));
    if email.as_ref().is_some_and(|email| !is_verified(email)) {
        invalid.add("email", "Choose one of these addresses.");
    }
    let (Some(username), Some(display_name), Some(email)) = (username, display_name, email) else {
        return Err(invalid.into());
    };
    invalid.check()?;
    let user = NewUser { username, display_name, email: email.as_str().to_owned(), role: "member".to_owned() };
    create(cx, &user).await
}

async fn create(cx: &Request, new: &NewUser) -> Result<SignUpOutcome> {
    let session = sessions::open(cx, true).await?;
    let mut tx = cx.server.begin().await?;
    // Deleting the row uses it up: a second request finds nothing.
    let row = pending_sign_ups::take(&mut tx, cx).await?;
    let account = row.account()?;
    let Some(user) = sign_up::insert_user(&mut tx, new).await? else {
        tx.rollback().await?;
        return explain_conflict(cx, new).await;
    };
    if identities::insert(&mut tx, user, &account).await?.is_err() {
        return Ok(SignUpOutcome::HaveAccount);
    }
    // A pending sign-up with this address has lost: this user verified the address first.
    sqlx::query!("delete from registrations where lower(email) = lower($1)", new.email).execute(&mut *tx).await?;
    let how = SignInMethod::Provider(account.provider);
    let device = sessions::claim(&mut tx, cx, &session, user, (how, true)).await?;
    sign_up::welcome(&mut tx, cx, user, (device, how)).await?;
    // Fetched in the background: the user does not wait for a picture, and has the generated avatar without it.
    if let Some(url) = &account.picture {
        avatars::wish(&mut tx, user, url).await?;
    }
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(SignUpOutcome::Done(row.next))
}

/// Another request was faster: it took the address or the username.
async fn explain_conflict(cx: &Request, new: &NewUser) -> Result<SignUpOutcome> {
    let mut db = cx.server.db().acquire().await?;
    let taken = pending_sign_ups::owners(&mut db, vec![new.email.clone()]).await?.any(|(_, owner)| owner.is_some());
    if taken {
        return Ok(SignUpOutcome::AddressTaken);
    }
    sign_up::check_free(&mut db, &new.username).await??;
    Err(Invalid::one("username", "That username is taken. Please pick another.").into())
}
