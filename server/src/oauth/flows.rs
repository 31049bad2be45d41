//! Setting out to a provider. What is stored opens nothing: the state and the browser's token are hashed, and what else
//! the way needs is derived from that token, which only the browser has.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use time::OffsetDateTime;

use super::{
    decide::{Intent, Sorry},
    providers::{Provider, Trip},
};
use crate::{
    accounts::ways_in,
    clock,
    error::Result,
    id::{DeviceId, UserId},
    limits,
    random::Token,
    request::{Elevated, Member, Request},
    web::safe_next,
};

/// Where to go, and what the browser keeps meanwhile.
pub enum Going {
    To { url: String, browser: Token },
    Sorry(Sorry),
}

struct Purpose<'a> {
    intent: Intent,
    me: Option<&'a Member>,
    next: &'a str,
}

/// To come in. [`crate::Error::NotFound`] for a provider there is not; [`crate::Error::Limited`], as all of these.
pub async fn sign_in(cx: &Request, provider: &str, next: &str) -> Result<Going> {
    start(cx, provider, &Purpose { intent: Intent::SignIn, me: None, next }).await
}

/// To show whose account it is that an arrival has to prove.
pub async fn prove(cx: &Request, provider: &str) -> Result<Going> {
    start(cx, provider, &Purpose { intent: Intent::Prove, me: None, next: "/" }).await
}

/// To link it to one's own account.
pub async fn link(cx: &Request, me: &Elevated, provider: &str) -> Result<Going> {
    start(cx, provider, &Purpose { intent: Intent::Link, me: Some(me), next: "/" }).await
}

/// To prove again who one is. Only for who has no password: it proves more than that somebody is still signed in there.
pub async fn elevate(cx: &Request, me: &Member, provider: &str, next: &str) -> Result<Going> {
    if ways_in::has_password(&mut *cx.server.db().acquire().await?, me.id()).await? {
        return Ok(Going::Sorry(Sorry::HasPassword));
    }
    start(cx, provider, &Purpose { intent: Intent::Elevate, me: Some(me), next }).await
}

/// To take over name and picture once more.
pub async fn refresh(cx: &Request, me: &Member, provider: &str) -> Result<Going> {
    start(cx, provider, &Purpose { intent: Intent::Refresh, me: Some(me), next: "/" }).await
}

async fn start(cx: &Request, slug: &str, purpose: &Purpose<'_>) -> Result<Going> {
    let provider = cx.server.providers().find(slug)?;
    // Only who sets out is counted: a callback that belongs to no way of its browser does nothing, and could be sent by
    // anybody from anywhere.
    count(cx, purpose.me).await?;
    // One token for all ways of a browser: two tabs may be on their way at once.
    let browser = cx.oauth().cloned().unwrap_or_default();
    let fresh = (purpose.intent == Intent::Elevate).then(clock::now);
    let trip = trip(cx, provider, (&browser, Token::new()), fresh);
    let url = match provider.way(&trip).await {
        Ok(url) => url,
        Err(trouble) => return Ok(Going::Sorry(Sorry::of(provider, &trouble))),
    };
    sqlx::query!(
        r#"
        insert into oauth_flows (state_hash, browser_hash, provider, intent, user_id, session_id, next)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        &trip.state.hash()[..],
        &browser.hash()[..],
        slug,
        purpose.intent.name(),
        purpose.me.map(|me| me.id().0),
        purpose.me.map(|me| me.device.0),
        safe_next(purpose.next, "/"),
    )
    .execute(cx.server.db())
    .await?;
    Ok(Going::To { url, browser })
}

/// Counts a flow that starts. Each session has a count of its own, so that a stolen one does not use up its owner's. A
/// browser that was here before has one too, which its neighbours at the same client address cannot use up; but any
/// browser can claim that, so all of those share a large one.
async fn count(cx: &Request, me: Option<&Member>) -> Result<()> {
    if let Some(me) = me {
        limits::take(&cx.server, limits::OAUTH_DEVICE, me.device).await?;
        return limits::take(&cx.server, limits::OAUTH_USER, me.id()).await;
    }
    let client = cx.client().limit_key();
    let Some(browser) = cx.known_by() else { return limits::take(&cx.server, limits::OAUTH_CLIENT, client).await };
    limits::take(&cx.server, limits::OAUTH_BROWSER, browser.text()).await?;
    limits::take(&cx.server, limits::OAUTH_CROWD, client).await
}

/// All that one way to a provider needs, the same when setting out and when coming back.
pub(super) fn trip(
    cx: &Request,
    provider: &Provider,
    (browser, state): (&Token, Token),
    fresh: Option<OffsetDateTime>,
) -> Trip {
    Trip {
        callback: provider.callback(&cx.server.config().origin),
        verifier: derive(browser, "pkce", &state),
        nonce: derive(browser, "nonce", &state),
        state,
        fresh,
    }
}

/// A secret of this way that is stored nowhere. Different labels give secrets that say nothing of each other.
fn derive(browser: &Token, label: &str, state: &Token) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(browser.key()).expect("a key of any length");
    mac.update(label.as_bytes());
    mac.update(&[0]);
    mac.update(state.key());
    BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// What came back with a browser, in the address.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Callback {
    pub(super) code: Option<String>,
    pub(super) state: Option<Token>,
    pub(super) issuer: Option<String>,
    pub(super) error: Option<String>,
}

impl Callback {
    /// From a query. One with anything twice was not written by a provider: it is read as empty.
    pub fn parse<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> Self {
        let mut read = Self::default();
        let mut state = None;
        for (name, value) in pairs {
            let place = match name {
                "code" => &mut read.code,
                "state" => &mut state,
                "iss" => &mut read.issuer,
                "error" => &mut read.error,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Self::default();
            }
        }
        read.state = state.and_then(|text| Token::parse(&text));
        read
    }
}

/// A way somebody is on, used up.
pub(super) struct Flow {
    pub intent: Intent,
    /// Who began it, in which session.
    pub owner: Option<(UserId, DeviceId)>,
    pub next: String,
    pub created_at: OffsetDateTime,
    pub browser: Token,
    pub state: Token,
}

/// The flow that a callback belongs to.
pub(super) enum Taken {
    Flow(Flow),
    /// None has this state: it was used before, or never existed.
    Unknown,
    /// It is another browser's or another provider's, or too old; or there is no state at all.
    Foreign,
}

/// Takes the flow a callback belongs to, so that no second one finds it; then looks whether it is this browser's, this
/// provider's, and in time.
pub(super) async fn take(cx: &Request, provider: &Provider, callback: &Callback) -> Result<Taken> {
    let Some(state) = callback.state.clone() else { return Ok(Taken::Foreign) };
    let Some(browser) = cx.oauth().cloned() else {
        let known = is_known(cx, &state).await?;
        return Ok(if known { Taken::Foreign } else { Taken::Unknown });
    };
    let row = sqlx::query!(
        r#"
        delete from oauth_flows where state_hash = $1
        returning browser_hash, provider, intent, user_id, session_id, next, created_at, expires_at > now() as "in_time!"
        "#,
        &state.hash()[..],
    )
    .fetch_optional(cx.server.db())
    .await?;
    let Some(row) = row else { return Ok(Taken::Unknown) };
    let is_ours = row.in_time && row.browser_hash == browser.hash() && row.provider == provider.slug().as_str();
    let intent = Intent::ALL.into_iter().find(|intent| intent.name() == row.intent).filter(|_| is_ours);
    Ok(intent.map_or(Taken::Foreign, |intent| {
        Taken::Flow(Flow {
            intent,
            owner: row.user_id.map(UserId).zip(row.session_id.map(DeviceId)),
            next: row.next,
            created_at: row.created_at,
            browser,
            state,
        })
    }))
}

async fn is_known(cx: &Request, state: &Token) -> Result<bool> {
    let hash = state.hash();
    let known = sqlx::query_scalar!(
        r#"select exists (select 1 from oauth_flows where state_hash = $1) as "known!""#,
        &hash[..]
    );
    Ok(known.fetch_one(cx.server.db()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_derived_differs_by_browser_state_and_use_and_is_a_verifier() {
        let (a, b, state) = (Token::new(), Token::new(), Token::new());
        let verifier = derive(&a, "pkce", &state);
        assert_eq!(verifier, derive(&a, "pkce", &state));
        for other in [derive(&b, "pkce", &state), derive(&a, "nonce", &state), derive(&a, "pkce", &b)] {
            assert_ne!(verifier, other);
        }
        // RFC 7636 § 4.1.
        assert!((43..=128).contains(&verifier.len()));
    }

    #[test]
    fn a_callback_with_anything_twice_is_empty() {
        let state = Token::new().text();
        let read = |pairs: &[(&'static str, &str)]| Callback::parse(pairs.iter().map(|(n, v)| (*n, (*v).to_owned())));
        let good = read(&[("code", "abc"), ("state", &state), ("scope", "x"), ("scope", "y")]);
        assert!(good.code.is_some() && good.state.is_some());
        assert!(read(&[("code", "a"), ("code", "b"), ("state", &state)]) == Callback::default());
        assert!(read(&[("code", "a"), ("state", &state), ("state", &state)]) == Callback::default());
        assert!(read(&[("code", "a"), ("state", "short")]).state.is_none());
    }
}
