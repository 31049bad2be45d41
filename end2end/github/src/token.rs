//! `/login/oauth/access_token`: exchanges a code for a token, once. Every error is inside a 200.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Extension,
    extract::{Form, State},
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::{
    Mode,
    world::{Code, State as Here, Token, World, random},
};

/// The fields of the app's request. A client may also name itself as RFC 6749 2.3.1 describes, in `Authorization:
/// Basic`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Exchange {
    client_id: String,
    client_secret: String,
    code: String,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
}

/// The reason there is no token: the code of the error, and its message.
type Refusal = (&'static str, &'static str);

const INCORRECT_CREDENTIALS: Refusal =
    ("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.");
const BAD_CODE: Refusal = ("bad_verification_code", "The code passed is incorrect or expired.");
const REDIRECT_MISMATCH: Refusal =
    ("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.");
const UNVERIFIED: Refusal = ("unverified_user_email", "The user must have a verified primary email.");

pub async fn token(
    State(world): State<Arc<World>>,
    mode: Option<Extension<Mode>>,
    headers: HeaderMap,
    Form(mut exchange): Form<Exchange>,
) -> Response {
    if let Some((id, secret)) = basic(&headers) {
        (exchange.client_id, exchange.client_secret) = (id, secret);
    }
    let json = headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let mode = mode.map(|Extension(mode)| mode);
    if let Some(Mode::Error(code)) = &mode {
        return say(json, &refusal(code, "So it was wanted."));
    }
    let limit = if let Some(Mode::Scope(scope)) = mode { Some(scope) } else { None };
    match redeem(&mut world.lock(), &exchange, limit) {
        Ok((token, scope)) => {
            say(json, &[("access_token", token), ("scope", scope), ("token_type", "bearer".to_owned())])
        }
        Err((code, why)) => say(json, &refusal(code, why)),
    }
}

fn redeem(state: &mut Here, exchange: &Exchange, limit: Option<String>) -> Result<(String, String), Refusal> {
    if exchange.client_id != state.app.client_id || exchange.client_secret != state.app.client_secret {
        return Err(INCORRECT_CREDENTIALS);
    }
    // The code is used up whatever the outcome.
    let code = state.codes.remove(&exchange.code).filter(|code| code.expires_at > state.now()).ok_or(BAD_CODE)?;
    if exchange.redirect_uri.is_some() && exchange.redirect_uri != code.redirect_uri {
        return Err(REDIRECT_MISMATCH);
    }
    if !proves(&code, exchange.code_verifier.as_deref()) {
        return Err(BAD_CODE);
    }
    let person = state.people.get(&code.person).ok_or(BAD_CODE)?;
    if person.refused {
        return Err(UNVERIFIED);
    }
    let scope = granted(&code.scope, limit.as_deref().or(person.grants.as_deref()));
    let token = format!("gho_{}", random(36));
    state.tokens.insert(token.clone(), Token { person: code.person, scope: scope.clone(), used: 0 });
    Ok((token, scope))
}

/// PKCE (RFC 7636 4.6).
fn proves(code: &Code, verifier: Option<&str>) -> bool {
    match (&code.challenge, verifier) {
        (None, _) => true,
        (Some(challenge), Some(verifier)) => &BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge,
        (Some(_), None) => false,
    }
}

/// Returns the requested scopes that are granted, sorted, with commas. A wide one includes the narrower ones.
fn granted(asked: &str, limit: Option<&str>) -> String {
    let split = |text: &str| -> BTreeSet<String> {
        text.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
    };
    let mut scopes = split(asked);
    if let Some(limit) = limit {
        let limit = split(limit);
        scopes.retain(|scope| limit.contains(scope));
    }
    if scopes.contains("user") {
        scopes.retain(|scope| !matches!(scope.as_str(), "read:user" | "user:email" | "user:follow"));
    }
    scopes.into_iter().collect::<Vec<_>>().join(",")
}

fn refusal(code: &str, why: &str) -> [(&'static str, String); 3] {
    let page = "/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#";
    let about = format!("{page}{}", code.replace('_', "-"));
    [("error", code.to_owned()), ("error_description", why.to_owned()), ("error_uri", about)]
}

/// Answers in JSON if the client wants it, as a form otherwise; always with 200.
fn say(json: bool, pairs: &[(&str, String)]) -> Response {
    if json {
        let object: serde_json::Map<_, _> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        return axum::Json(object).into_response();
    }
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    ([(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")], form).into_response()
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |text: &str| form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned());
    Some((plain(id)?, plain(secret)?))
}

#[cfg(test)]
mod tests {
    use super::granted;

    #[test]
    fn grants_only_scopes_requested_and_consented_to() {
        assert_eq!(granted("user:email read:user", None), "read:user,user:email");
        assert_eq!(granted("user:email read:user", Some("read:user,repo")), "read:user");
        assert_eq!(granted("user user:email repo", None), "repo,user");
        assert_eq!(granted("", None), "");
    }
}
