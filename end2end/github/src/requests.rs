//! The requests so far, for tests to inspect. Secrets are not stored: a header or field that holds one is only named.

use http::{HeaderMap, header, request::Parts};
use serde::Serialize;
use url::form_urlencoded;

use crate::Endpoint;

/// The fields with values that may be shown.
const HARMLESS: [&str; 8] =
    ["client_id", "redirect_uri", "scope", "code_challenge_method", "page", "per_page", "prompt", "grant_type"];

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    pub endpoint: Option<Endpoint>,
    pub method: String,
    pub path: String,
    /// Names and values, the value of a secret as `…`.
    pub query: Vec<(String, String)>,
    pub form: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn of(parts: &Parts, body: &[u8]) -> Self {
        let path = parts.uri.path();
        Self {
            endpoint: Endpoint::of(path),
            method: parts.method.to_string(),
            path: path.to_owned(),
            query: fields(parts.uri.query().unwrap_or_default().as_bytes()),
            form: if is_form(&parts.headers) { fields(body) } else { Vec::new() },
            headers: headers(&parts.headers),
        }
    }

    /// Returns one header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        find(&self.headers, name)
    }

    /// Returns one field of the sent form, or an empty text.
    pub fn field(&self, name: &str) -> &str {
        find(&self.form, name)
    }

    /// Returns one field of the query, or an empty text.
    pub fn query(&self, name: &str) -> &str {
        find(&self.query, name)
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

fn is_form(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/x-www-form-urlencoded"))
}

fn fields(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text)
        .map(|(name, value)| {
            let value = if HARMLESS.contains(&name.as_ref()) { value.into_owned() } else { "…".to_owned() };
            (name.into_owned(), value)
        })
        .collect()
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |name: &header::HeaderName, value: &http::HeaderValue| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        match *name {
            // The scheme, not the credentials.
            header::AUTHORIZATION => format!("{} …", text.split(' ').next().unwrap_or_default()),
            header::COOKIE => "…".to_owned(),
            _ => text,
        }
    };
    headers.iter().map(|(name, value)| (name.to_string(), shown(name, value))).collect()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn recorded_requests_contain_no_secrets() {
        let (parts, ()) = Request::post("/login/oauth/access_token?state=s3cret")
            .header("authorization", "Bearer gho_s3cret")
            .header("cookie", "a=s3cret")
            .header("user-agent", "Kith")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(())
            .unwrap()
            .into_parts();
        let seen = Seen::of(&parts, b"client_id=abc&client_secret=s3cret&code=s3cret&code_verifier=s3cret");
        assert!(!format!("{seen:?}").contains("s3cret"));
        assert_eq!((seen.field("client_id"), seen.field("code")), ("abc", "…"));
        assert_eq!((seen.header("Authorization"), seen.header("user-agent")), ("Bearer …", "Kith"));
        assert_eq!(seen.endpoint, Some(Endpoint::Token));
    }
}
