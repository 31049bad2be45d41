//! The user's sessions: lists and revokes them.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{SignInMethod, UserAgent, browsers};
use crate::{
    base::{
        error::{Error, Result},
        id::{DeviceId, UserId},
    },
    identity::{
        audit::{self, Actor, Event},
        email_links::{self, EmailLink},
        sessions::request::{Elevated, Member, Request},
        users,
    },
};

/// A session, for display. It contains no part of its cookie.
#[derive(Clone, Debug)]
pub struct Device {
    pub id: DeviceId,
    pub agent: UserAgent,
    pub ip: Option<std::net::IpAddr>,
    /// The description by [`super::SignInMethod::words`].
    pub method: String,
    pub signed_in_at: OffsetDateTime,
    /// Accurate to five minutes.
    pub last_seen_at: OffsetDateTime,
    /// True for the session of this request.
    pub current: bool,
}

/// Returns the user's sessions: this browser first, then the latest seen.
pub async fn list(db: &mut PgConnection, me: &Member) -> Result<Vec<Device>> {
    let rows = sqlx::query!(
        r#"
        select device_id, user_agent, ip as "ip: ipnetwork::IpNetwork", coalesce(sign_in_method, '') as "method!", created_at, last_seen_at,
               id = $2 as "current!"
        from sessions where user_id = $1 and expires_at > now()
        order by id = $2 desc, last_seen_at desc
        "#,
        me.id().0,
        me.key.as_str(),
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Device {
            id: DeviceId(row.device_id),
            agent: UserAgent::parse(&row.user_agent),
            ip: row.ip.map(|net| net.ip()),
            method: SignInMethod::words(&row.method),
            signed_in_at: row.created_at,
            last_seen_at: row.last_seen_at,
            current: row.current,
        })
        .collect())
}

/// Revokes one of the user's sessions; unless it is the current one, its browser is no longer known.
/// [`Error::NotFound`] when it does not exist, belongs to another user, or has ended already.
pub async fn revoke(cx: &Request, me: &Elevated, device: DeviceId) -> Result<UserAgent> {
    let mut tx = cx.server.begin().await?;
    lock_elevated(&mut tx, me).await?;
    let deleted = sqlx::query!(
        "delete from sessions where device_id = $1 and user_id = $2 returning user_agent, browser_hash",
        device.0,
        me.id().0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    if device != me.device {
        browsers::forget(&mut tx, me, &deleted.browser_hash.into_iter().collect::<Vec<_>>()).await?;
    }
    audit::record(&mut tx, me.id(), Actor::of(cx, me), &Event::DeviceEnded { device }).await?;
    tx.commit().await?;
    Ok(UserAgent::parse(&deleted.user_agent))
}

/// Revokes all of the user's sessions but this one. Returns how many there were.
pub async fn revoke_others(cx: &Request, me: &Elevated) -> Result<u64> {
    let mut tx = cx.server.begin().await?;
    lock_elevated(&mut tx, me).await?;
    let count = revoke_others_in(&mut tx, me).await?;
    audit::record(&mut tx, me.id(), Actor::of(cx, me), &Event::OthersEnded { count }).await?;
    tx.commit().await?;
    Ok(count)
}

/// Revokes all of the user's sessions, this one included. Returns how many there were.
pub async fn revoke_all(cx: &Request, me: &Elevated) -> Result<u64> {
    let mut tx = cx.server.begin().await?;
    lock_elevated(&mut tx, me).await?;
    let count = revoke_all_and_forget_browsers(&mut tx, me.id()).await?;
    audit::record(&mut tx, me.id(), Actor::of(cx, me), &Event::EverywhereEnded { count }).await?;
    tx.commit().await?;
    Ok(count)
}

/// Checks, inside the transaction of a dangerous change, that the elevation is still valid: the session may have been
/// revoked while the request waited for a hash or a lock. Locks the user's row from here on, and the session against
/// its revocation, but not against the commits of the user's other changes (see [`super::transaction`]).
///
/// [`Error::SignInNeeded`] or [`Error::ElevationNeeded`] when it is not.
pub(crate) async fn lock_elevated(tx: &mut PgConnection, me: &Elevated) -> Result<()> {
    users::lock(tx, me.id()).await?;
    let elevated = sqlx::query_scalar!(
        r#"
        select coalesce(elevated_until > now(), false) as "elevated!" from sessions
        where id = $1 and user_id = $2 and expires_at > now() for no key update
        "#,
        me.key.as_str(),
        me.id().0,
    )
    .fetch_optional(tx)
    .await?;
    match elevated {
        Some(true) => Ok(()),
        Some(false) => Err(Error::ElevationNeeded),
        None => Err(Error::SignInNeeded),
    }
}

/// Revokes all of the user's sessions but this one, inside the transaction of a change that requires it. Their browsers
/// are no longer known.
pub(crate) async fn revoke_others_in(tx: &mut PgConnection, me: &Member) -> Result<u64> {
    users::lock(tx, me.id()).await?;
    browsers::forget_all(tx, me.id(), Some(me)).await?;
    Ok(sqlx::query!("delete from sessions where user_id = $1 and id <> $2", me.id().0, me.key.as_str())
        .execute(tx)
        .await?
        .rows_affected())
}

/// Revokes the user's sessions that were opened in one way, except this one, inside the transaction that removes that
/// way to sign in.
pub(crate) async fn revoke_by_method(tx: &mut PgConnection, me: &Member, method: &str) -> Result<()> {
    let deleted = sqlx::query_scalar!(
        "delete from sessions where user_id = $1 and sign_in_method = $2 and id <> $3 returning browser_hash",
        me.id().0,
        method,
        me.key.as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;
    browsers::forget(tx, me, &deleted.into_iter().flatten().collect::<Vec<_>>()).await
}

/// Revokes every session of a user, inside the transaction of a change that requires it. None of their browsers stays
/// known.
pub(crate) async fn revoke_all_and_forget_browsers(tx: &mut PgConnection, user: UserId) -> Result<u64> {
    users::lock(tx, user).await?;
    browsers::forget_all(tx, user, None).await?;
    Ok(sqlx::query!("delete from sessions where user_id = $1", user.0).execute(tx).await?.rows_affected())
}

/// Revokes every session of a user who must sign in again, inside the transaction of a change that requires it. There
/// was no attacker: the browsers stay known.
pub(crate) async fn revoke_all_in(tx: &mut PgConnection, user: UserId) -> Result<()> {
    users::lock(tx, user).await?;
    sqlx::query!("delete from sessions where user_id = $1", user.0).execute(tx).await?;
    Ok(())
}

/// Revokes the session that a mail reported, by the link in it, and all that its browser has opened since: a second
/// sign-in from it was not reported. The browser is no longer known. [`Error::NotFound`] when the link is used or
/// expired.
pub async fn revoke_by_link(cx: &Request, link: &EmailLink) -> Result<()> {
    let device = link.device.ok_or(Error::NotFound)?;
    let mut tx = cx.server.begin().await?;
    email_links::use_up(&mut tx, link).await?;
    let (user, browser) = (link.user.0, link.browser.as_deref());
    sqlx::query!(
        "delete from sessions where user_id = $1 and (device_id = $2 or browser_hash = $3)",
        user,
        device.0,
        browser,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from known_browsers where user_id = $1 and browser_hash = $2", user, browser)
        .execute(&mut *tx)
        .await?;
    audit::record(&mut tx, link.user, Actor::LinkHolder { client: cx.client() }, &Event::DeviceEnded { device })
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Signs this browser out: deletes the session it sent, also one that has expired or belongs to another user.
pub async fn sign_out(cx: &Request) -> Result<()> {
    let Some(key) = cx.cookie() else { return Ok(()) };
    let mut tx = cx.server.begin().await?;
    let deleted = sqlx::query!("delete from sessions where id = $1", key.as_str()).execute(&mut *tx).await?;
    // Of two concurrent requests one signs out.
    if let Some(me) = cx.me().filter(|_| deleted.rows_affected() == 1) {
        audit::record(&mut tx, me.id(), Actor::of(cx, me), &Event::SignedOut).await?;
    }
    tx.commit().await?;
    Ok(())
}
