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

/// What this browser's failures are counted under, when `user` has signed in from it before.
pub(crate) async fn known_browser(cx: &Request, user: UserId) -> Result<Option<String>> {
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

/// Notes that somebody signed in from this browser, inside the transaction that signs them in. If it is new to them,
/// and not their first, they are told by mail, with a link that ends this session.
pub(crate) async fn greet_browser(tx: &mut PgConnection, cx: &Request, user: UserId, device: DeviceId) -> Result<()> {
    let row = sqlx::query!(
        r#"
        with others as (select exists (select 1 from known_browsers where user_id = $1) as any)
        insert into known_browsers as k (user_id, browser_hash) values ($1, $2)
        on conflict (user_id, browser_hash) do update set last_seen_at = now()
        returning (select others.any from others) as "others!", k.first_seen_at = k.last_seen_at as "new!"
        "#,
        user.0,
        &hash(cx, user)[..],
    )
    .fetch_one(&mut *tx)
    .await?;
    if !(row.new && row.others) {
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
