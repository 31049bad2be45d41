//! The browsers somebody has signed in from before. A sign-in from another is told to its owner by mail; failures of
//! strangers do not count against a known one.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use sqlx::PgConnection;

use super::UserAgent;
use crate::{
    error::Result,
    id::{DeviceId, UserId},
    jobs::{self, Job},
    links, random,
    request::Request,
};

/// How a browser is kept for one person: two people's rows cannot be matched.
fn hash(cx: &Request, user: UserId) -> [u8; 32] {
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
    .fetch_one(tx)
    .await?;
    Ok(new)
}

/// As [`note_browser`], for every other sign-in: if the browser is new to them they are told by mail, with a link that
/// ends this session.
pub(crate) async fn greet_browser(tx: &mut PgConnection, cx: &Request, user: UserId, device: DeviceId) -> Result<()> {
    if !note_browser(tx, cx, user).await? {
        return Ok(());
    }
    let to = sqlx::query_scalar!("select email from users where id = $1", user.0).fetch_one(&mut *tx).await?;
    let job = Job::NewBrowser {
        to,
        link: links::prepare_end(tx, user, device).await?,
        browser: UserAgent::parse(&cx.client().user_agent).to_string(),
        ip: cx.client().ip.to_string(),
    };
    jobs::enqueue(tx, &job).await
}
