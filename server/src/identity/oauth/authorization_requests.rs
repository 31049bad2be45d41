//! Starts authorization requests to a provider. The stored data grants no access: the state and the browser's token are
//! hashed, and the other secrets of the request are derived from that token, which only the browser has.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use time::OffsetDateTime;

use super::{
    decide::{Intent, OAuthRefusal},
    protocol::AuthorizationRequest,
    providers::Provider,
};
use crate::{
    base::{
        clock,
        error::Result,
        id::{DeviceId, UserId},
        random::Token,
        redirect_target::safe_next,
    },
    identity::{
        sessions::request::{Elevated, Member, Request},
        sign_in_methods,
    },
    limits,
};

/// The URL to redirect to, and the token that the browser stores until the callback.
pub enum StartOutcome {
    To { url: String, browser: Token },
    Refused(OAuthRefusal),
}

struct Purpose<'a> {
    intent: Intent,
    me: Option<&'a Member>,
    next: &'a str,
}

/// Starts a sign-in. [`crate::Error::NotFound`] for an unknown provider; [`crate::Error::Limited`], like all of these.
pub async fn sign_in(cx: &Request, provider: &str, next: &str) -> Result<StartOutcome> {
    start(cx, provider, &Purpose { intent: Intent::SignIn, me: None, next }).await
}

/// Starts the verification of an account for a pending sign-up.
pub async fn prove(cx: &Request, provider: &str) -> Result<StartOutcome> {
    start(cx, provider, &Purpose { intent: Intent::Prove, me: None, next: "/" }).await
}

/// Starts linking an identity to the user's own account.
pub async fn link(cx: &Request, me: &Elevated, provider: &str) -> Result<StartOutcome> {
    start(cx, provider, &Purpose { intent: Intent::Link, me: Some(me), next: "/" }).await
}

/// Starts an elevation. Only for users without a password, because a password proves more than an existing sign-in at
/// the provider.
pub async fn elevate(cx: &Request, me: &Member, provider: &str, next: &str) -> Result<StartOutcome> {
    if sign_in_methods::has_password(&mut *cx.server.db().acquire().await?, me.id()).await? {
        return Ok(StartOutcome::Refused(OAuthRefusal::HasPassword));
    }
    start(cx, provider, &Purpose { intent: Intent::Elevate, me: Some(me), next }).await
}

/// Starts importing name and picture again.
pub async fn refresh(cx: &Request, me: &Member, provider: &str) -> Result<StartOutcome> {
    start(cx, provider, &Purpose { intent: Intent::Refresh, me: Some(me), next: "/" }).await
}

async fn start(cx: &Request, slug: &str, purpose: &Purpose<'_>) -> Result<StartOutcome> {
    let provider = cx.server.providers().find(slug)?;
    // Only the start is counted: a callback without a request of its browser does nothing, and a third party could send
    // it.
    count(cx, purpose.me).await?;
    // One token for all requests of a browser: two tabs may have one pending at once.
    let browser = cx.oauth().cloned().unwrap_or_default();
    let fresh = (purpose.intent == Intent::Elevate).then(clock::now);
    let request = request(cx, provider, (&browser, Token::new()), fresh);
    let url = match provider.authorization_url(&request).await {
        Ok(url) => url,
        Err(error) => return Ok(StartOutcome::Refused(OAuthRefusal::of(provider, &error))),
    };
    sqlx::query!(
        r#"
        insert into authorization_requests (state_hash, browser_hash, provider, intent, user_id, session_id, next)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        &request.state.hash()[..],
        &browser.hash()[..],
        slug,
        purpose.intent.name(),
        purpose.me.map(|me| me.id().0),
        purpose.me.map(|me| me.device.0),
        safe_next(purpose.next, "/"),
    )
    .execute(cx.server.db())
    .await?;
    Ok(StartOutcome::To { url, browser })
}

/// Counts a started request. Each session has its own count, so that a stolen one does not use up its owner's. A known
/// browser has one too, which its neighbours at the same client address cannot use up; but any browser can claim to be
/// known, so all of those share a large count.
async fn count(cx: &Request, me: Option<&Member>) -> Result<()> {
    if let Some(me) = me {
        limits::take(cx.server.db(), limits::OAUTH_DEVICE, me.device).await?;
        return limits::take(cx.server.db(), limits::OAUTH_USER, me.id()).await;
    }
    let client = cx.client().limit_key();
    let Some(browser) = cx.known_by() else { return limits::take(cx.server.db(), limits::OAUTH_CLIENT, client).await };
    limits::take(cx.server.db(), limits::OAUTH_BROWSER, browser.text()).await?;
    limits::take(cx.server.db(), limits::OAUTH_CROWD, client).await
}

/// Returns the data of one authorization request, the same at the start and at the callback.
pub(super) fn request(
    cx: &Request,
    provider: &Provider,
    (browser, state): (&Token, Token),
    fresh: Option<OffsetDateTime>,
) -> AuthorizationRequest {
    AuthorizationRequest {
        callback: provider.callback(&cx.server.config().origin),
        verifier: derive(browser, "pkce", &state),
        nonce: derive(browser, "nonce", &state),
        state,
        fresh,
    }
}

/// Derives a secret of this request that is stored nowhere. Different labels give independent secrets.
fn derive(browser: &Token, label: &str, state: &Token) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(browser.key()).expect("a key of any length");
    mac.update(label.as_bytes());
    mac.update(&[0]);
    mac.update(state.key());
    BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// The parameters of a callback.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Callback {
    pub(super) code: Option<String>,
    pub(super) state: Option<Token>,
    pub(super) issuer: Option<String>,
    pub(super) error: Option<String>,
}

impl Callback {
    /// Parses a query. A query with a repeated parameter does not come from a provider: it is read as empty.
    pub fn parse<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> Self {
        let mut read = Self::default();
        let mut state = None;
        for (name, value) in pairs {
            let field = match name {
                "code" => &mut read.code,
                "state" => &mut state,
                "iss" => &mut read.issuer,
                "error" => &mut read.error,
                _ => continue,
            };
            if field.replace(value).is_some() {
                return Self::default();
            }
        }
        read.state = state.and_then(|text| Token::parse(&text));
        read
    }
}

/// An authorization request, used up.
pub(super) struct Flow {
    pub intent: Intent,
    /// The user and the session that started it.
    pub owner: Option<(UserId, DeviceId)>,
    pub next: String,
    pub created_at: OffsetDateTime,
    pub browser: Token,
    pub state: Token,
}

/// The authorization request of a callback.
pub(super) enum Taken {
    Flow(Flow),
    /// None has this state: it was used before, or never existed.
    Unknown,
    /// It belongs to another browser or provider, or is too old; or there is no state at all.
    Foreign,
}

/// Deletes and returns the request of a callback, so that no second callback finds it; then checks that it belongs to
/// this browser and this provider, and has not expired.
pub(super) async fn take(cx: &Request, provider: &Provider, callback: &Callback) -> Result<Taken> {
    let Some(state) = callback.state.clone() else { return Ok(Taken::Foreign) };
    let Some(browser) = cx.oauth().cloned() else {
        let known = is_known(cx, &state).await?;
        return Ok(if known { Taken::Foreign } else { Taken::Unknown });
    };
    let row = sqlx::query!(
        r#"
        delete from authorization_requests where state_hash = $1
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
        r#"select exists (select 1 from authorization_requests where state_hash = $1) as "known!""#,
        &hash[..]
    );
    Ok(known.fetch_one(cx.server.db()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_verifiers_unique_to_browser_state_and_use() {
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
    fn ignores_callbacks_with_repeated_parameters() {
        let state = Token::new().text();
        let read = |pairs: &[(&'static str, &str)]| Callback::parse(pairs.iter().map(|(n, v)| (*n, (*v).to_owned())));
        let good = read(&[("code", "abc"), ("state", &state), ("scope", "x"), ("scope", "y")]);
        assert!(good.code.is_some() && good.state.is_some());
        assert!(read(&[("code", "a"), ("code", "b"), ("state", &state)]) == Callback::default());
        assert!(read(&[("code", "a"), ("state", &state), ("state", &state)]) == Callback::default());
        assert!(read(&[("code", "a"), ("state", "short")]).state.is_none());
    }
}
