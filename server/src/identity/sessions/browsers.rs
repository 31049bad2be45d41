//! Known browsers: those a user has signed in from before. A sign-in from another browser is reported to the user by
//! mail, and failures of strangers do not count against a known one. A browser becomes unknown again when its session
//! is revoked as possibly an attacker's.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use sqlx::PgConnection;

use super::UserAgent;
use crate::{
    base::{
        error::{Error, Result},
        id::{DeviceId, UserId},
        random,
    },
    identity::{
        email_links,
        sessions::request::{Member, Request},
    },
    jobs::{self, Job},
    limits,
};

/// The most known browsers of one user; the one not seen for longest is removed first.
const MAX_KNOWN_BROWSERS: i64 = 100;

/// Returns the hash of this browser for one user: the rows of two users cannot be matched.
pub(super) fn hash(cx: &Request, user: UserId) -> [u8; 32] {
    let mut bytes = cx.browser().key().to_vec();
    bytes.extend_from_slice(&user.0.to_le_bytes());
    random::hash(&bytes)
}

/// Returns the key for the limits of this browser, when `user` has signed in from it before: strangers can use up the
/// budget they share, but not that of a known browser. An unknown user causes the same query.
pub(crate) async fn known_browser(cx: &Request, user: Option<UserId>) -> Result<Option<String>> {
    let user = user.unwrap_or(UserId(0));
    let hash = hash(cx, user);
    let known = sqlx::query_scalar!(
        r#"select exists (select 1 from known_browsers where user_id = $1 and browser_hash = $2) as "known!""#,
        user.0,
        &hash[..],
    )
    .fetch_one(cx.server.db())
    .await?;
    Ok(known.then(|| BASE64_STANDARD_NO_PAD.encode(hash)))
}

/// Stores this browser as known, inside the transaction that signs the user in: after a sign-up or a password reset in
/// it. Returns true if it is new to the user.
pub(crate) async fn note_browser(tx: &mut PgConnection, cx: &Request, user: UserId) -> Result<bool> {
    let new = sqlx::query_scalar!(
        r#"
        insert into known_browsers as k (user_id, browser_hash) values ($1, $2)
        on conflict (user_id, browser_hash) do update set last_seen_at = now()
        returning k.first_seen_at = k.last_seen_at as "new!"
        "#,
        user.0,
        &hash(cx, user)[..],
    )
    .fetch_one(&mut *tx)
    .await?;
    if new {
        sqlx::query!(
            r#"
            delete from known_browsers where user_id = $1 and browser_hash in (
                select browser_hash from known_browsers where user_id = $1 order by last_seen_at desc offset $2
            )
            "#,
            user.0,
            MAX_KNOWN_BROWSERS,
        )
        .execute(tx)
        .await?;
    }
    Ok(new)
}

/// Returns true if the user may get a notice of a sign-in, should this browser be new; counted before the transaction
/// of the sign-in. The limit keeps frequent sign-ins from filling the mailbox.
pub(crate) async fn may_tell(cx: &Request, user: UserId) -> Result<bool> {
    if known_browser(cx, Some(user)).await?.is_some() {
        return Ok(true);
    }
    match limits::take(cx.server.db(), limits::NOTICE, user).await {
        Err(Error::Limited(_)) => Ok(false),
        counted => counted.map(|()| true),
    }
}

/// Like [`note_browser`], for every other sign-in, if the user [may be notified](may_tell): mails the user about a new
/// browser, with a link that revokes this session. A browser without a notice does not become known either: its next
/// sign-in is reported.
pub(crate) async fn greet_browser(tx: &mut PgConnection, cx: &Request, user: UserId, device: DeviceId) -> Result<()> {
    if !note_browser(tx, cx, user).await? {
        return Ok(());
    }
    let to = sqlx::query_scalar!("select email from users where id = $1", user.0).fetch_one(&mut *tx).await?;
    let job = Job::NewBrowser {
        to,
        link: email_links::prepare_end(tx, user, (device, &hash(cx, user)[..])).await?,
        browser: UserAgent::parse(&cx.client().user_agent).to_string(),
        ip: cx.client().ip.to_string(),
    };
    jobs::enqueue(tx, &job).await
}

/// Deletes all known browsers of the user, inside the transaction that revokes their sessions; except that of the
/// session `except`.
pub(super) async fn forget_all(tx: &mut PgConnection, user: UserId, except: Option<&Member>) -> Result<()> {
    sqlx::query!(
        r#"
        delete from known_browsers k where k.user_id = $1
            and not exists (select 1 from sessions s where s.id = $2 and s.browser_hash = k.browser_hash)
        "#,
        user.0,
        except.map(|me| me.key.as_str()),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes these known browsers, inside the transaction that revoked their sessions; never that of the current session.
pub(super) async fn forget(tx: &mut PgConnection, me: &Member, hashes: &[Vec<u8>]) -> Result<()> {
    sqlx::query!(
        r#"
        delete from known_browsers k where k.user_id = $1 and k.browser_hash = any($3)
            and not exists (select 1 from sessions s where s.id = $2 and s.browser_hash = k.browser_hash)
        "#,
        me.id().0,
        me.key.as_str(),
        hashes,
    )
    .execute(tx)
    .await?;
    Ok(())
}
