//! GitHub, or a GitHub Enterprise Server. It supports OAuth 2.0 with PKCE and no OpenID Connect: we request the user's
//! data with the token, and then drop the token. It returns errors with status 200 (see [`super::outbound`]).

use http::{
    HeaderMap, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LINK},
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse, TokenUrl, basic::BasicClient, url::Url,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::{
    outbound::{Outbound, ProviderError, soon, timely},
    protocol::{
        AuthorizationRequest, CallbackParams, MissingDetail, ProviderAccount, exchange_error, usable_addresses,
    },
};
use crate::{config::providers as settings, identity::users::Email};

/// The most pages of addresses that are read, of a hundred each.
const PAGES: usize = 3;

/// The addresses of the server.
pub(super) struct GitHub {
    url: String,
    api: String,
}

/// Only the number is required: any other field of an unexpected type counts as absent.
#[derive(Deserialize)]
struct User {
    id: u64,
    #[serde(default, deserialize_with = "text")]
    login: String,
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "text")]
    avatar_url: String,
}

#[derive(Deserialize)]
struct Address {
    #[serde(default, deserialize_with = "text")]
    email: String,
    #[serde(default, deserialize_with = "is_true")]
    primary: bool,
    #[serde(default, deserialize_with = "is_true")]
    verified: bool,
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Value::deserialize(from)?.as_str().unwrap_or_default().to_owned())
}

fn is_true<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(from)? == Value::Bool(true))
}

type Client = BasicClient<
    oauth2::EndpointSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointSet,
>;

impl GitHub {
    pub fn new(url: &Url, api: &Url) -> Self {
        let bare = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        Self { url: bare(url), api: bare(api) }
    }

    fn client(&self, app: &settings::Provider, callback: &str) -> Result<Client, ProviderError> {
        let settings_error = |error: oauth2::url::ParseError| ProviderError::Settings(error.to_string());
        Ok(BasicClient::new(ClientId::new(app.client_id.clone()))
            .set_client_secret(ClientSecret::new(app.client_secret.expose_secret().to_owned()))
            .set_auth_uri(AuthUrl::new(format!("{}/login/oauth/authorize", self.url)).map_err(settings_error)?)
            .set_token_uri(TokenUrl::new(format!("{}/login/oauth/access_token", self.url)).map_err(settings_error)?)
            .set_redirect_uri(RedirectUrl::new(callback.to_owned()).map_err(settings_error)?)
            // As its documentation says.
            .set_auth_type(AuthType::RequestBody))
    }

    pub fn authorization_url(
        &self,
        app: &settings::Provider,
        request: &AuthorizationRequest,
    ) -> Result<Url, ProviderError> {
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(request.verifier.clone()));
        let client = self.client(app, &request.callback)?;
        let auth_request = client
            .authorize_url(|| CsrfToken::new(request.state.text()))
            .add_scopes(["read:user", "user:email"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        // GitHub cannot be made to ask for the password again; it can at least show the account about to sign in.
        let auth_request = if request.fresh.is_some() {
            auth_request.add_extra_param("prompt", "select_account")
        } else {
            auth_request
        };
        Ok(auth_request.url().0)
    }

    /// Returns the account of a callback. The id alone is enough for known identities. New users have to try again when
    /// the addresses cannot be read: at GitHub, unlike at an issuer, that is never a matter of settings.
    pub async fn ask(
        &self,
        app: &settings::Provider,
        http: &Outbound,
        (answer, request): (&CallbackParams<'_>, &AuthorizationRequest),
    ) -> Result<ProviderAccount, ProviderError> {
        let (user, token) = timely(&self.url, self.identify(app, http, (answer, request))).await?;
        let (addresses, missing) = match soon(&self.api, self.addresses(http, &token)).await {
            Ok(addresses) => (addresses, None),
            Err(error) => (Vec::new(), Some(MissingDetail { error, may_join: false })),
        };
        Ok(ProviderAccount {
            provider: app.slug,
            issuer: app.issuer(),
            subject: user.id.to_string(),
            login: user.login,
            name: user.name,
            addresses,
            picture: Some(user.avatar_url),
            missing,
        })
    }

    async fn identify(
        &self,
        app: &settings::Provider,
        http: &Outbound,
        (answer, request): (&CallbackParams<'_>, &AuthorizationRequest),
    ) -> Result<(User, String), ProviderError> {
        // It names itself in two ways: by its address, and by that of its OAuth server.
        if answer.issuer.is_some_and(|issuer| issuer.strip_suffix("/login/oauth").unwrap_or(issuer) != self.url) {
            return Err(ProviderError::odd("another issuer answered"));
        }
        let client = self.client(app, &request.callback)?;
        let token = client
            .exchange_code(AuthorizationCode::new(answer.code.expose_secret().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(request.verifier.clone()))
            .request_async(http)
            .await
            .map_err(exchange_error)?;
        let token = token.access_token().secret().clone();
        let (status, _, user) = self.get(http, "/user", &token).await?;
        user.map(|user| (user, token)).ok_or_else(|| ProviderError::odd(format!("{status} for who they are")))
    }

    /// Checks that the API answers at all, for `kith doctor`, and returns its address.
    pub async fn reach(&self, http: &Outbound) -> Result<String, ProviderError> {
        let request =
            http::Request::get(format!("{}/rate_limit", self.api)).body(Vec::new()).map_err(ProviderError::odd)?;
        let status = timely(&self.api, http.send(request)).await?.status();
        if status.is_server_error() {
            Err(ProviderError::odd(format!("{status} at {}", self.api)))
        } else {
            Ok(self.api.clone())
        }
    }

    /// Returns the verified addresses. Empty when the user withheld the scope: then the user enters an address here.
    async fn addresses(&self, http: &Outbound, token: &str) -> Result<Vec<Email>, ProviderError> {
        let mut verified = Vec::new();
        for page in 1..=PAGES {
            let path = format!("/user/emails?per_page=100&page={page}");
            let (status, headers, list) = self.get::<Vec<Address>>(http, &path, token).await?;
            match list {
                Some(list) => verified.extend(list.into_iter().filter(|address| address.verified)),
                None if matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) => break,
                None => return Err(ProviderError::odd(format!("{status} for their addresses"))),
            }
            if !has_next(&headers) {
                break;
            }
        }
        // The primary one first; sorting keeps the others in their order.
        verified.sort_by_key(|address| !address.primary);
        Ok(usable_addresses(verified.iter().map(|address| address.email.as_str())))
    }

    /// Requests the API. Only a success has a value, and only when it is JSON of the right shape.
    async fn get<T: DeserializeOwned>(
        &self,
        http: &Outbound,
        path: &str,
        token: &str,
    ) -> Result<(StatusCode, HeaderMap, Option<T>), ProviderError> {
        let request: HttpRequest = http::Request::get(format!("{}{path}", self.api))
            .header(ACCEPT, "application/vnd.github+json")
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header("x-github-api-version", "2022-11-28")
            .body(Vec::new())
            .map_err(ProviderError::odd)?;
        let (parts, body) = http.send(request).await?.into_parts();
        if parts.status != StatusCode::OK {
            return Ok((parts.status, parts.headers, None));
        }
        let kind = parts.headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
        if !kind.starts_with(b"application/json") {
            return Err(ProviderError::odd("something that is not JSON"));
        }
        let value = serde_json::from_slice(&body).map_err(|_| ProviderError::odd("JSON of another shape"))?;
        Ok((parts.status, parts.headers, Some(value)))
    }
}

/// Returns true if there is another page. We build its address ourselves and do not use the one in the response.
fn has_next(headers: &HeaderMap) -> bool {
    headers.get_all(LINK).iter().any(|link| link.to_str().is_ok_and(|link| link.contains("rel=\"next\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_a_next_page_link() {
        let mut headers = HeaderMap::new();
        assert!(!has_next(&headers));
        headers.insert(LINK, "<http://169.254.169.254/?page=1>; rel=\"prev\"".parse().unwrap());
        assert!(!has_next(&headers));
        headers.insert(LINK, "<http://169.254.169.254/?page=2>; rel=\"next\"".parse().unwrap());
        assert!(has_next(&headers));
    }
}
