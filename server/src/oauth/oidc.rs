//! Any OpenID Connect issuer: Google, GitLab, Keycloak, an institution's own. Where its pages are, it says itself; who
//! somebody is, it signs.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, Scope,
    StandardClaims, TokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
        CoreGenderClaim, CoreGrantType, CoreIdTokenClaims, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm as Algorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType, CoreTokenResponse, CoreUserInfoClaims,
    },
    url::Url,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::{
    github::{refused, usable},
    outbound::{Outbound, Trouble},
    providers::{Answer, Said, Trip},
};
use crate::config::providers as settings;

/// How long what an issuer says of itself is believed. Its keys may change sooner: then they are asked for again.
const KEPT: Duration = Duration::from_secs(60 * 60);
const KEPT_AT_LEAST: Duration = Duration::from_secs(60);
/// How far an issuer's clock may be behind our database's, in seconds.
const SKEW: i64 = 60;
/// Signed with a key that only the issuer has: no `none`, and nothing that our own secret could sign.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// RFC 9207 § 3: whether answers name the issuer.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct NamesItself {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for NamesItself {}

type Metadata = ProviderMetadata<
    NamesItself,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Client = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

/// An issuer, and what it last said of itself.
pub(super) struct Oidc {
    issuer: String,
    known: Mutex<Option<(Instant, Arc<Metadata>)>>,
}

impl Oidc {
    pub fn new(issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), known: Mutex::new(None) }
    }

    /// What it says of itself, asked again when that is older than `age`. Many at once ask once.
    async fn metadata(&self, http: &Outbound, age: Duration) -> Result<Arc<Metadata>, Trouble> {
        let mut known = self.known.lock().await;
        if let Some((_, metadata)) = known.as_ref().filter(|(since, _)| since.elapsed() < age) {
            return Ok(Arc::clone(metadata));
        }
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|error| Trouble::Settings(error.to_string()))?;
        let found = Metadata::discover_async(issuer, http).await.map_err(|error| match error {
            openidconnect::DiscoveryError::Request(trouble) => trouble,
            openidconnect::DiscoveryError::Validation(why) => Trouble::Settings(why),
            _ => Trouble::odd("no description of itself"),
        })?;
        let found = Arc::new(found);
        *known = Some((Instant::now(), Arc::clone(&found)));
        Ok(found)
    }

    /// Lets what is known grow older.
    #[cfg(feature = "dev")]
    pub async fn age_for_test(&self, by: Duration) {
        if let Some((since, _)) = self.known.lock().await.as_mut() {
            *since = since.checked_sub(by).unwrap_or(*since);
        }
    }

    pub async fn way(&self, app: &settings::Provider, http: &Outbound, trip: &Trip) -> Result<Url, Trouble> {
        let metadata = self.metadata(http, KEPT).await?;
        let client = client(app, &metadata, &trip.callback)?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(trip.verifier.clone()));
        let (state, nonce) = (CsrfToken::new(trip.state.text()), Nonce::new(trip.nonce.clone()));
        let way = client
            .authorize_url(AuthenticationFlow::<CoreResponseType>::AuthorizationCode, || state, || nonce)
            .add_scopes(["email", "profile"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        let way = match trip.fresh {
            Some(_) => way.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO),
            None => way,
        };
        Ok(way.url().0)
    }

    pub async fn ask(
        &self,
        app: &settings::Provider,
        http: &Outbound,
        (answer, trip): (&Answer<'_>, &Trip),
    ) -> Result<Said, Trouble> {
        let metadata = self.metadata(http, KEPT).await?;
        let names_itself = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match answer.issuer {
            Some(issuer) if issuer != self.issuer => return Err(Trouble::odd("another issuer answered")),
            None if names_itself => return Err(Trouble::odd("an answer without its issuer")),
            _ => {}
        }
        let client = client(app, &metadata, &trip.callback)?;
        let token: CoreTokenResponse = client
            .exchange_code(AuthorizationCode::new(answer.code.expose_secret().to_owned()))
            .map_err(|_| Trouble::odd("no place for codes"))?
            .set_pkce_verifier(PkceCodeVerifier::new(trip.verifier.clone()))
            .request_async(http)
            .await
            .map_err(refused)?;
        let claims = self.claims(app, http, (&token, &Nonce::new(trip.nonce.clone()))).await?;
        // OpenID Connect Core § 3.1.2.1: who was asked for `max_age` says when they proved themselves.
        if let Some(since) = trip.fresh
            && claims.auth_time().is_none_or(|at| at.timestamp() + SKEW < since.unix_timestamp())
        {
            return Err(Trouble::NotFresh);
        }
        let person = person(&client, http, (&token, &claims)).await?;
        Ok(said(app, &claims, &person))
    }

    /// What the id token says, once its signature, issuer, audience, time and nonce are found right.
    async fn claims(
        &self,
        app: &settings::Provider,
        http: &Outbound,
        (token, nonce): (&CoreTokenResponse, &Nonce),
    ) -> Result<CoreIdTokenClaims, Trouble> {
        let id = token.id_token().ok_or_else(|| Trouble::odd("no id token"))?;
        let mut error = None;
        // The second time with keys asked for anew: issuers change them.
        for age in [KEPT, KEPT_AT_LEAST] {
            let metadata = self.metadata(http, age).await?;
            let client = client(app, &metadata, "https://kith.invalid/")?;
            let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
            match id.claims(&verifier, nonce) {
                Ok(claims) => return Ok(claims.clone()),
                Err(why) => error = Some(why),
            }
        }
        Err(Trouble::odd(error.map_or_else(String::new, |why| format!("an id token that does not hold: {why}"))))
    }
}

fn client(app: &settings::Provider, metadata: &Metadata, callback: &str) -> Result<Client, Trouble> {
    let secret = ClientSecret::new(app.client_secret.expose_secret().to_owned());
    let methods = metadata.token_endpoint_auth_methods_supported();
    // Basic is what there is when nothing is said.
    let basic = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
    let callback = RedirectUrl::new(callback.to_owned()).map_err(|error| Trouble::Settings(error.to_string()))?;
    Ok(CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(app.client_id.clone()), Some(secret))
        .set_auth_type(if basic { AuthType::BasicAuth } else { AuthType::RequestBody })
        .set_redirect_uri(callback))
}

/// The claims about the person: those of the id token, or, when they have no address, those of the user info.
async fn person(
    client: &Client,
    http: &Outbound,
    (token, claims): (&CoreTokenResponse, &CoreIdTokenClaims),
) -> Result<StandardClaims<CoreGenderClaim>, Trouble> {
    let own = || {
        StandardClaims::new(claims.subject().clone())
            .set_name(claims.name().cloned())
            .set_picture(claims.picture().cloned())
            .set_preferred_username(claims.preferred_username().cloned())
            .set_email(claims.email().cloned())
            .set_email_verified(claims.email_verified())
    };
    if claims.email().is_some() || client.user_info_url().is_none() {
        return Ok(own());
    }
    let request = client
        .user_info(token.access_token().clone(), Some(claims.subject().clone()))
        .map_err(|_| Trouble::odd("no place for who they are"))?;
    let info: CoreUserInfoClaims = request.request_async(http).await.map_err(|error| match error {
        openidconnect::UserInfoError::Request(trouble) => trouble,
        _ => Trouble::odd("something else than who they are"),
    })?;
    Ok(info.standard_claims().clone())
}

fn said(app: &settings::Provider, claims: &CoreIdTokenClaims, person: &StandardClaims<CoreGenderClaim>) -> Said {
    let email = person.email().map(|email| email.as_str());
    // Only what the issuer itself checked (OpenID Connect Core § 5.1); silence is not a yes.
    let verified = email.filter(|_| person.email_verified() == Some(true));
    let name = person.name().and_then(|name| name.get(None)).map(|name| name.to_string()).unwrap_or_default();
    let login = person.preferred_username().map(|name| name.as_str()).or(verified).unwrap_or(&name);
    Said {
        provider: app.slug,
        issuer: app.issuer(),
        subject: claims.subject().as_str().to_owned(),
        login: login.to_owned(),
        name: name.clone(),
        addresses: usable(verified.into_iter()),
        picture: person.picture().and_then(|url| url.get(None)).map(|url| url.to_string()),
    }
}
