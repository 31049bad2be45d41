//! Changes of the password.

use secrecy::SecretString;

use super::end_other_ways;
use crate::{
    base::{
        error::{Error, Result},
        fair_queue::QueueKey,
    },
    identity::{
        audit::{self, Actor, Event},
        auth::password,
        mails, notices,
        sessions::{
            self,
            request::{Elevated, Request},
        },
        sign_in_methods, users,
    },
    limits,
    mailer::Mail,
};

/// Sets a new password or the first one. Signs out all other devices.
///
/// [`Error::Invalid`] on `new_password`; [`Error::Limited`] for too many of them; [`Error::Busy`].
pub async fn change_password(cx: &Request, me: &Elevated, new: &SecretString) -> Result<()> {
    let email = users::account(cx.server.db(), me.id()).await?.email;
    let (key, context) =
        (QueueKey::new(cx.client(), me.queue_account()), [me.person.username.as_str(), email.as_str()]);
    let work = password::hash_new(&cx.server, key, "new_password", new, &context);
    let hash = limits::counted(cx.server.db(), (limits::NEW_PASSWORD, me.device), work).await?;
    let mut tx = cx.server.begin().await?;
    sessions::lock_elevated(&mut tx, me).await?;
    password::set(&mut tx, me.id(), &hash).await?;
    end_other_ways(&mut tx, me).await?;
    audit::record(&mut tx, me.id(), Actor::of(cx, me), &Event::PasswordChanged).await?;
    let message = mails::password_changed(&cx.server.config().origin);
    notices::notify(&mut tx, me.id(), Mail { to: email, message }).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Removes the password, for a user who prefers another way to sign in or fears that the password is known to others.
/// Signs out all other devices.
///
/// [`Error::Invalid`] when it is the last way to sign in; [`Error::NotFound`] when there is none.
pub async fn remove_password(cx: &Request, me: &Elevated) -> Result<()> {
    let mut tx = cx.server.begin().await?;
    sessions::lock_elevated(&mut tx, me).await?;
    let removed = sqlx::query!("delete from passwords where user_id = $1", me.id().0).execute(&mut *tx).await?;
    if removed.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    sign_in_methods::require_one((&mut tx, &cx.server), me.id()).await?;
    end_other_ways(&mut tx, me).await?;
    audit::record(&mut tx, me.id(), Actor::of(cx, me), &Event::PasswordRemoved).await?;
    let to = sqlx::query_scalar!("select email from users where id = $1", me.id().0).fetch_one(&mut *tx).await?;
    let message = mails::password_removed(&cx.server.config().origin);
    notices::notify(&mut tx, me.id(), Mail { to, message }).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}
