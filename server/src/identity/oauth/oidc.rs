//! Any OpenID Connect issuer: Google, GitLab, Keycloak, or a private one. Its endpoints come from its own description,
//! and it signs the user's identity.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{
    StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use oauth2::{
    AccessToken, AuthType, AuthUrl, AuthorizationCode, Client as OAuthClient, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardRevocableToken,
    TokenResponse, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse},
    url::Url,
};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::{
    claims::{self, Claims, Expected, Person},
    discovery::{self, Description},
    jwt,
    outbound::{Outbound, ProviderError, soon, timely},
    protocol::{
        AuthorizationRequest, CallbackParams, MissingDetail, ProviderAccount, exchange_error, usable_addresses,
    },
    tokens::Tokens,
};
use crate::{base::clock, config::providers as settings};

/// The lifetimes of a cached description of an issuer. Its keys may change sooner: then it is fetched again.
const CACHE_TIME: Duration = Duration::from_secs(60 * 60);
const MIN_CACHE_TIME: Duration = Duration::from_secs(60);
/// The most seconds that an issuer's clock may be behind our database's.
const SKEW: i64 = 60;

type Client = OAuthClient<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// An issuer, and its last description.
pub(super) struct Oidc {
    issuer: String,
    known: Mutex<KnownIssuer>,
}

/// The last results of fetching the description, each with its time.
#[derive(Default)]
struct KnownIssuer {
    description: Option<(Instant, Arc<Description>)>,
    failure: Option<(Instant, ProviderError)>,
}

/// The account of an id token, and the token to request its user info with.
struct Identified {
    subject: String,
    person: Person,
    access_token: AccessToken,
    user_info: Option<Url>,
}

impl Oidc {
    pub fn new(issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), known: Mutex::default() }
    }

    /// Returns its description, fetched again when it is older than `age`. Concurrent callers send one request, and
    /// share the response or the failure.
    async fn description(&self, http: &Outbound, age: Duration) -> Result<Arc<Description>, ProviderError> {
        let requested_at = Instant::now();
        let mut known = self.known.lock().await;
        if let Some((_, description)) = known.description.as_ref().filter(|(since, _)| since.elapsed() < age) {
            return Ok(Arc::clone(description));
        }
        if let Some((_, error)) = known.failure.as_ref().filter(|(since, _)| *since > requested_at) {
            return Err(error.clone());
        }
        match timely(&self.issuer, discovery::fetch(&self.issuer, http)).await {
            Ok(found) => {
                let found = Arc::new(found);
                known.description = Some((Instant::now(), Arc::clone(&found)));
                Ok(found)
            }
            Err(error) => {
                known.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Fetches the description again, for `kith doctor`, and returns the address of the sign-in page.
    pub async fn reach(&self, http: &Outbound) -> Result<String, ProviderError> {
        Ok(self.description(http, Duration::ZERO).await?.authorization.to_string())
    }

    /// Makes the cached description older.
    #[cfg(feature = "dev")]
    pub async fn age_for_test(&self, by: Duration) {
        if let Some((since, _)) = self.known.lock().await.description.as_mut() {
            *since = since.checked_sub(by).unwrap_or(*since);
        }
    }

    pub async fn authorization_url(
        &self,
        app: &settings::Provider,
        http: &Outbound,
        request: &AuthorizationRequest,
    ) -> Result<Url, ProviderError> {
        let description = self.description(http, CACHE_TIME).await?;
        let client = client(app, &description, &request.callback)?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(request.verifier.clone()));
        let auth_request = client
            .authorize_url(|| CsrfToken::new(request.state.text()))
            .add_scopes(["openid", "email", "profile"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .add_extra_param("nonce", &request.nonce);
        let auth_request = match request.fresh {
            Some(_) => auth_request.add_extra_param("prompt", "login").add_extra_param("max_age", "0"),
            None => auth_request,
        };
        Ok(auth_request.url().0)
    }

    /// Returns the account of a callback. The user info endpoint is only requested when the id token has no address;
    /// the id token alone is enough for known identities.
    pub async fn ask(
        &self,
        app: &settings::Provider,
        http: &Outbound,
        (answer, request): (&CallbackParams<'_>, &AuthorizationRequest),
    ) -> Result<ProviderAccount, ProviderError> {
        let known = timely(&self.issuer, self.identify(app, http, (answer, request))).await?;
        let (mut person, mut missing) = (known.person, None);
        if let Some(url) = known.user_info.as_ref().filter(|_| person.email.is_none()) {
            match soon(url.as_str(), user_info(http, url, &known.access_token)).await {
                Err(error) => missing = Some(MissingDetail { error, may_join: true }),
                Ok(info) => match info.text("sub") {
                    Some(sub) if sub == known.subject => person = Person::read(&info).or(person),
                    // OpenID Connect Core § 5.3.2: it must not be used.
                    sub => {
                        let error = ProviderError::odd(
                            "claim `sub` of the user info is missing or another than in the id token",
                        );
                        missing = Some(MissingDetail { error, may_join: sub.is_none() });
                    }
                },
            }
        }
        Ok(ProviderAccount { missing, ..account(app, known.subject, &person) })
    }

    async fn identify(
        &self,
        app: &settings::Provider,
        http: &Outbound,
        (answer, request): (&CallbackParams<'_>, &AuthorizationRequest),
    ) -> Result<Identified, ProviderError> {
        let description = self.description(http, CACHE_TIME).await?;
        match answer.issuer {
            Some(issuer) if issuer != self.issuer => return Err(ProviderError::odd("another issuer answered")),
            None if description.names_itself => return Err(ProviderError::odd("an answer without its issuer")),
            _ => {}
        }
        let tokens: Tokens = client(app, &description, &request.callback)?
            .exchange_code(AuthorizationCode::new(answer.code.expose_secret().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(request.verifier.clone()))
            .request_async(http)
            .await
            .map_err(exchange_error)?;
        let claims = self.claims(http, &tokens).await?;
        let expected = Expected { issuer: &self.issuer, client_id: &app.client_id, nonce: &request.nonce };
        let subject = claims::check(&claims, &expected, clock::now())?;
        // OpenID Connect Core § 3.1.2.1: an issuer must send `auth_time` when the request had `max_age`.
        if let Some(since) = request.fresh
            && claims.seconds("auth_time").is_none_or(|at| at.saturating_add(SKEW) < since.unix_timestamp())
        {
            return Err(ProviderError::NotFresh);
        }
        Ok(Identified {
            subject,
            person: Person::read(&claims),
            access_token: tokens.access_token().clone(),
            user_info: description.user_info.clone(),
        })
    }

    /// Returns the claims of the id token, once its signature is verified.
    async fn claims(&self, http: &Outbound, tokens: &Tokens) -> Result<Claims, ProviderError> {
        let token = tokens.id_token().ok_or_else(|| ProviderError::odd("no id token"))?;
        // The second time with newly fetched keys: issuers change them.
        for age in [CACHE_TIME, MIN_CACHE_TIME] {
            if let Some(claims) = jwt::verify(&self.description(http, age).await?.keys, token)? {
                return Ok(claims);
            }
        }
        Err(ProviderError::odd("an id token that none of the issuer's keys has signed"))
    }
}

fn client(app: &settings::Provider, issuer: &Description, callback: &str) -> Result<Client, ProviderError> {
    let callback = RedirectUrl::new(callback.to_owned()).map_err(|error| ProviderError::Settings(error.to_string()))?;
    Ok(OAuthClient::new(ClientId::new(app.client_id.clone()))
        .set_client_secret(ClientSecret::new(app.client_secret.expose_secret().to_owned()))
        .set_auth_uri(AuthUrl::from_url(issuer.authorization.clone()))
        .set_token_uri(TokenUrl::from_url(issuer.token.clone()))
        .set_redirect_uri(callback)
        .set_auth_type(if issuer.basic { AuthType::BasicAuth } else { AuthType::RequestBody }))
}

/// Returns the claims of the user info endpoint (OpenID Connect Core § 5.3). A signed response is not read.
async fn user_info(http: &Outbound, url: &Url, token: &AccessToken) -> Result<Claims, ProviderError> {
    let request = http::Request::get(url.as_str())
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, format!("Bearer {}", token.secret()))
        .body(Vec::new());
    let answer = http.send(request.map_err(ProviderError::odd)?).await?;
    let kind = answer.headers().get(CONTENT_TYPE).map_or(&b"application/json"[..], |kind| kind.as_bytes());
    if answer.status() != StatusCode::OK {
        return Err(ProviderError::odd(format!("{} for the user info at {url}", answer.status())));
    }
    let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if !essence.eq_ignore_ascii_case(b"application/json") {
        return Err(ProviderError::odd(format!("{} for the user info at {url}", String::from_utf8_lossy(essence))));
    }
    Claims::parse(answer.body()).ok_or_else(|| ProviderError::odd(format!("no JSON object for the user info at {url}")))
}

fn account(app: &settings::Provider, subject: String, person: &Person) -> ProviderAccount {
    let verified = person.verified_email();
    let name = person.name.clone().unwrap_or_default();
    let login = person.login.as_deref().or(verified).unwrap_or(&name);
    ProviderAccount {
        provider: app.slug,
        issuer: app.issuer(),
        subject,
        login: login.to_owned(),
        name: name.clone(),
        addresses: usable_addresses(verified.into_iter()),
        picture: person.picture.clone(),
        missing: None,
    }
}
