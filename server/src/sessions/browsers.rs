//! The browsers somebody has signed in from before. A sign-in from another is told to its owner by mail; failures of
//! strangers do not count against a known one. One whose session is ended as perhaps somebody else's is a stranger again.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use sqlx::PgConnection;

use super::UserAgent;
use crate::{
    error::{Error, Result},
    id::{DeviceId, UserId},
    jobs::{self, Job},
    limits, links, random,
    request::{Member, Request},
};

/// The most browsers that are known of one person; the one not seen for longest goes first.
const MOST_KNOWN: i64 = 100;

/// How a browser is kept for one person: two people's rows cannot be matched.
pub(super) fn hash(cx: &Request, user: UserId) -> [u8; 32] {
    let mut bytes = cx.browser().key().to_vec();
    bytes.extend_from_slice(&user.0.to_le_bytes());
    random::hash(&bytes)
}

/// What this browser is counted under, when `user` has signed in from it before: strangers can use up what they share
/// with each other, but not what is its own. For nobody the same is asked.
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

/// Notes that somebody is at home in this browser, inside the transaction that signs them in: it is the one they joined
/// with, or chose a new password in. Returns whether it is new to them.
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
            MOST_KNOWN,
        )
        .execute(tx)
        .await?;
    }
    Ok(new)
}

/// Whether somebody may be told of a sign-in in this browser, should it be new to them; counted before the transaction
/// that signs them in. However often somebody signs in, their mailbox does not fill.
pub(crate) async fn may_tell(cx: &Request, user: UserId) -> Result<bool> {
    if known_browser(cx, Some(user)).await?.is_some() {
        return Ok(true);
    }
    match limits::take(&cx.server, limits::NOTICE, user).await {
        Err(Error::Limited(_)) => Ok(false),
        counted => counted.map(|()| true),
    }
}

/// As [`note_browser`], for every other sign-in, if they [may be told](may_tell): of a browser that is new to them they
/// are, by mail, with a link that ends this session. One of which nobody was told is not known either: its next sign-in
/// is told.
pub(crate) async fn greet_browser(tx: &mut PgConnection, cx: &Request, user: UserId, device: DeviceId) -> Result<()> {
    if !note_browser(tx, cx, user).await? {
        return Ok(());
    }
    let to = sqlx::query_scalar!("select email from users where id = $1", user.0).fetch_one(&mut *tx).await?;
    let job = Job::NewBrowser {
        to,
        link: links::prepare_end(tx, user, (device, &hash(cx, user)[..])).await?,
        browser: UserAgent::parse(&cx.client().user_agent).to_string(),
        ip: cx.client().ip.to_string(),
    };
    jobs::enqueue(tx, &job).await
}

/// Forgets them all, inside the transaction that ends their sessions; `but` the one they have in their hands.
pub(super) async fn forget_all(tx: &mut PgConnection, user: UserId, but: Option<&Member>) -> Result<()> {
    sqlx::query!(
        r#"
        delete from known_browsers k where k.user_id = $1
            and not exists (select 1 from sessions s where s.id = $2 and s.browser_hash = k.browser_hash)
        "#,
        user.0,
        but.map(|me| me.key.as_str()),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets some of them, inside the transaction that ended their sessions; never the one they have in their hands.
pub(super) async fn forget(tx: &mut PgConnection, me: &Member, these: &[Vec<u8>]) -> Result<()> {
    sqlx::query!(
        r#"
        delete from known_browsers k where k.user_id = $1 and k.browser_hash = any($3)
            and not exists (select 1 from sessions s where s.id = $2 and s.browser_hash = k.browser_hash)
        "#,
        me.id().0,
        me.key.as_str(),
        these,
    )
    .execute(tx)
    .await?;
    Ok(())
}
