//! The browsers one is signed in with: seeing them, and ending them.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{How, UserAgent, browsers};
use crate::{
    audit::{self, Actor, Event},
    error::{Error, Result},
    id::{DeviceId, UserId},
    links::{self, Link},
    request::{Elevated, Member, Request},
};

/// A signed-in browser, in words. It holds no part of its cookie.
#[derive(Clone, Debug)]
pub struct Device {
    pub id: DeviceId,
    pub agent: UserAgent,
    pub ip: Option<std::net::IpAddr>,
    /// As [`super::How::words`] puts it.
    pub how: String,
    pub signed_in_at: OffsetDateTime,
    /// Within five minutes.
    pub last_seen_at: OffsetDateTime,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Everywhere one is signed in: this browser first, then the latest seen.
pub async fn list(db: &mut PgConnection, me: &Member) -> Result<Vec<Device>> {
    let rows = sqlx::query!(
        r#"
        select device_id, user_agent, ip as "ip: ipnetwork::IpNetwork", coalesce(how, '') as "how!", created_at, last_seen_at,
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
            how: How::words(&row.how),
            signed_in_at: row.created_at,
            last_seen_at: row.last_seen_at,
            current: row.current,
        })
        .collect())
}

/// Ends one of one's browsers; another one is a stranger from now on. [`Error::NotFound`] when it is nobody's, another's,
/// or has ended already.
pub async fn end(cx: &Request, me: &Elevated, device: DeviceId) -> Result<UserAgent> {
    let mut tx = cx.server.begin().await?;
    still_elevated(&mut tx, me).await?;
    let ended = sqlx::query!(
        "delete from sessions where device_id = $1 and user_id = $2 returning user_agent, browser_hash",
        device.0,
        me.id().0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    if device != me.device {
        browsers::forget(&mut tx, me, &ended.browser_hash.into_iter().collect::<Vec<_>>()).await?;
    }
    audit::record(&mut tx, me.id(), actor(cx, me), &Event::DeviceEnded { device }).await?;
    tx.commit().await?;
    Ok(UserAgent::parse(&ended.user_agent))
}

/// Ends all of one's browsers but this one. Returns how many there were.
pub async fn end_others(cx: &Request, me: &Elevated) -> Result<u64> {
    let mut tx = cx.server.begin().await?;
    still_elevated(&mut tx, me).await?;
    let count = end_others_of(&mut tx, me).await?;
    audit::record(&mut tx, me.id(), actor(cx, me), &Event::OthersEnded { count }).await?;
    tx.commit().await?;
    Ok(count)
}

/// Ends all of one's browsers, this one included. Returns how many there were.
pub async fn end_all(cx: &Request, me: &Elevated) -> Result<u64> {
    let mut tx = cx.server.begin().await?;
    still_elevated(&mut tx, me).await?;
    let count = end_everywhere(&mut tx, me.id()).await?;
    audit::record(&mut tx, me.id(), actor(cx, me), &Event::EverywhereEnded { count }).await?;
    tx.commit().await?;
    Ok(count)
}

/// Nobody is given a session of this person until the transaction is over: one that is being opened meanwhile would
/// otherwise not be seen, and survive. Whatever opens or ends sessions, links or codes holds the person's row first, so
/// that two that want the same rows wait for one another in one order.
pub(crate) async fn hold(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!("select id from users where id = $1 for update", user.0).fetch_optional(tx).await?;
    Ok(())
}

/// Makes sure, inside the transaction of a dangerous change, that its proof still holds: the session may have been
/// ended while the request waited for a hash or a lock. From here on the person's row is held, and the session is locked
/// against its end, but not against the commits of its user's other changes (see [`super::transaction`]).
///
/// [`Error::SignInNeeded`] or [`Error::ElevationNeeded`] when it does not.
pub(crate) async fn still_elevated(tx: &mut PgConnection, me: &Elevated) -> Result<()> {
    hold(tx, me.id()).await?;
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

/// Ends all of one's browsers but this one, inside the transaction of a change that calls for it. They are strangers from
/// now on.
pub(crate) async fn end_others_of(tx: &mut PgConnection, me: &Member) -> Result<u64> {
    hold(tx, me.id()).await?;
    browsers::forget_all(tx, me.id(), Some(me)).await?;
    Ok(sqlx::query!("delete from sessions where user_id = $1 and id <> $2", me.id().0, me.key.as_str())
        .execute(tx)
        .await?
        .rows_affected())
}

/// Ends one's browsers that came in in one way, but this one, inside the transaction that takes that way away.
pub(crate) async fn end_by(tx: &mut PgConnection, me: &Member, how: &str) -> Result<()> {
    let ended = sqlx::query_scalar!(
        "delete from sessions where user_id = $1 and how = $2 and id <> $3 returning browser_hash",
        me.id().0,
        how,
        me.key.as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;
    browsers::forget(tx, me, &ended.into_iter().flatten().collect::<Vec<_>>()).await
}

/// Ends every session of a person, inside the transaction of a change that calls for it. Every browser is a stranger from
/// now on.
pub(crate) async fn end_everywhere(tx: &mut PgConnection, user: UserId) -> Result<u64> {
    hold(tx, user).await?;
    browsers::forget_all(tx, user, None).await?;
    Ok(sqlx::query!("delete from sessions where user_id = $1", user.0).execute(tx).await?.rows_affected())
}

/// Ends every session of a person who is to sign in anew, inside the transaction of a change that calls for it. Nobody else
/// was there: their browsers stay known.
pub(crate) async fn end_to_begin_anew(tx: &mut PgConnection, user: UserId) -> Result<()> {
    hold(tx, user).await?;
    sqlx::query!("delete from sessions where user_id = $1", user.0).execute(tx).await?;
    Ok(())
}

/// Ends the session a mail told of, by the link in it, and what that browser has opened since: of a second sign-in from it
/// nobody was told. It is a stranger from now on. [`Error::NotFound`] when the link is used or late.
pub async fn end_by_link(cx: &Request, link: &Link) -> Result<()> {
    let device = link.device.ok_or(Error::NotFound)?;
    let mut tx = cx.server.begin().await?;
    links::use_up(&mut tx, link).await?;
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

/// Signs this browser out: whatever session it sent is gone, also one that had expired or was somebody else's.
pub async fn sign_out(cx: &Request) -> Result<()> {
    let Some(key) = cx.cookie() else { return Ok(()) };
    let mut tx = cx.server.begin().await?;
    let ended = sqlx::query!("delete from sessions where id = $1", key.as_str()).execute(&mut *tx).await?;
    // Of two presses one signs out.
    if let Some(me) = cx.me().filter(|_| ended.rows_affected() == 1) {
        audit::record(&mut tx, me.id(), actor(cx, me), &Event::SignedOut).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn actor<'a>(cx: &'a Request, me: &Member) -> Actor<'a> {
    Actor::Person { user: me.id(), device: Some(me.device), client: cx.client() }
}
