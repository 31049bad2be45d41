//! Fetches an issuer's description (OpenID Connect Discovery § 4) and its keys.

use http::{StatusCode, header::ACCEPT};
use oauth2::url::Url;
use openidconnect::{JsonWebKeySet, core::CoreJsonWebKey};
use serde::de::DeserializeOwned;

use super::{
    claims::Claims,
    outbound::{Outbound, ProviderError},
};
use crate::config::providers::is_secure;

/// The path of the document, below the issuer's address.
const PATH: &str = "/.well-known/openid-configuration";

/// The part of an issuer's description that is used here.
pub(super) struct Description {
    pub authorization: Url,
    pub token: Url,
    pub user_info: Option<Url>,
    pub keys: JsonWebKeySet<CoreJsonWebKey>,
    /// True if the client's secret is sent in the `Authorization` header instead of the form.
    pub basic: bool,
    /// True if responses name the issuer (RFC 9207 § 3).
    pub names_itself: bool,
}

/// Fetches the description and the keys of `issuer`. An error names the address and the status.
pub(super) async fn fetch(issuer: &str, http: &Outbound) -> Result<Description, ProviderError> {
    let url = format!("{}{PATH}", issuer.trim_end_matches('/'));
    let document = Claims::parse(&get(http, &url).await?);
    let document = document.ok_or_else(|| ProviderError::odd(format!("no JSON object at {url}")))?;
    let named = document.text("issuer").unwrap_or_default();
    if named != issuer {
        return Err(ProviderError::settings(format!("{url} says that its issuer is {named:?}, not {issuer:?}")));
    }
    let address = |name: &str| document.text(name).and_then(|text| Url::parse(&text).ok()).filter(is_secure);
    let required = |name: &str| address(name).ok_or_else(|| ProviderError::odd(format!("no usable `{name}` in {url}")));
    let methods = document.texts("token_endpoint_auth_methods_supported");
    Ok(Description {
        authorization: required("authorization_endpoint")?,
        token: required("token_endpoint")?,
        user_info: address("userinfo_endpoint"),
        keys: keys(http, required("jwks_uri")?.as_str()).await?,
        // Basic is the default when the issuer lists no methods.
        basic: methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic")),
        names_itself: document.is_true("authorization_response_iss_parameter_supported"),
    })
}

async fn keys<T: DeserializeOwned>(http: &Outbound, url: &str) -> Result<T, ProviderError> {
    let body = get(http, url).await?;
    serde_json::from_slice(&body).map_err(|_| ProviderError::odd(format!("no set of keys at {url}")))
}

async fn get(http: &Outbound, url: &str) -> Result<Vec<u8>, ProviderError> {
    let request = http::Request::get(url).header(ACCEPT, "application/json").body(Vec::new());
    let response = http.send(request.map_err(ProviderError::odd)?).await?;
    match response.status() {
        StatusCode::OK => Ok(response.into_body()),
        status => Err(ProviderError::odd(format!("{status} at {url}"))),
    }
}
