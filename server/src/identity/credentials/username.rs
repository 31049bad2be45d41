//! Changes of the username.

use crate::{
    base::error::{Invalid, Result, on_constraint},
    identity::{
        audit::{self, Actor, Event},
        sessions::{
            self,
            request::{Elevated, Request},
        },
        users::{self, Username, lock_username, reserve_username},
    },
    limits,
};

/// Changes the username. The old one stays reserved for 30 days and redirects to the new one during that time; the user
/// may also take it back.
///
/// [`Error::Invalid`] on `username` when it is not available.
pub async fn change_username(cx: &Request, me: &Elevated, typed: &str) -> Result<Username> {
    let username = Username::parse(typed)?;
    let taken = || Invalid::one("username", "That username is taken. Please pick another.");
    // Before the transaction: inside it, this would wait for a second connection while locks are held.
    limits::take(cx.server.db(), limits::USERNAME, me.id()).await?;
    let changed = change_locked(cx, me, username, taken).await;
    if changed.is_err() {
        limits::give_back_later(cx.server.db(), limits::USERNAME, me.id().to_string()).await;
    }
    changed
}

async fn change_locked(
    cx: &Request,
    me: &Elevated,
    username: Username,
    taken: impl Fn() -> Invalid,
) -> Result<Username> {
    let mut tx = cx.server.begin().await?;
    // In alphabetical order, so that two users cannot deadlock.
    let mut names = [me.person.username.as_str(), username.as_str()];
    names.sort_unstable();
    for name in names {
        lock_username(&mut tx, name).await?;
    }
    let reserved = sqlx::query_scalar!(
        r#"
        select exists (
            select 1 from former_usernames where username = $1 and user_id <> $2 and reserved_until > now()
        ) as "reserved!"
        "#,
        username.as_str(),
        me.id().0,
    )
    .fetch_one(&mut *tx)
    .await?;
    if reserved {
        return Err(taken().into());
    }
    sessions::lock_elevated(&mut tx, me).await?;
    let from = sqlx::query_scalar!("select username from users where id = $1", me.id().0).fetch_one(&mut *tx).await?;
    if from == username.as_str() {
        return Err(Invalid::one("username", "That is your username already.").into());
    }
    sqlx::query!("update users set username = $2 where id = $1", me.id().0, username.as_str())
        .execute(&mut *tx)
        .await
        .map_err(|e| on_constraint(e, "users_username_key", taken()))?;
    users::index_name(&mut tx, me.id()).await?;
    sqlx::query!("delete from former_usernames where username = $1", username.as_str()).execute(&mut *tx).await?;
    reserve_username(&mut tx, &from, me.id()).await?;
    audit::record(&mut tx, me.id(), Actor::of(cx, me), &Event::UsernameChanged { from }).await?;
    tx.commit().await?;
    Ok(username)
}
