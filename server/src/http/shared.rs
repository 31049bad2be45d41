//! Responses that are the same for every visitor and are requested again and again: most of the time nothing is new.

use axum::response::{IntoResponse, Response};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};

use crate::base::random::hash;

/// The number of bytes of the digest that identifies a body.
const DIGEST: usize = 12;

/// Returns `body` with permission for any cache to keep it for `seconds`; without the body when the client already has
/// it (RFC 9110, 13.1.2).
pub fn shared(headers: &HeaderMap, content_type: &'static str, seconds: u32, body: String) -> Response {
    // Weak, because the response is compressed later.
    let etag = format!("W/\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash(body.as_bytes())[..DIGEST]));
    let cache_control = format!("public, max-age={seconds}");
    let known = has(headers, &etag);
    let head = [(header::CACHE_CONTROL, cache_control), (header::ETAG, etag)];
    if known {
        (StatusCode::NOT_MODIFIED, head).into_response()
    } else {
        (head, [(header::CONTENT_TYPE, content_type)], body).into_response()
    }
}

/// Returns true if `If-None-Match` contains the tag. Tags are compared weakly: proxies make a strong one weak, and
/// back.
pub(super) fn has(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(tag: &str) -> StatusCode {
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag.parse().unwrap())]);
        shared(&headers, "text/plain", 60, "hello".to_owned()).status()
    }

    #[test]
    fn answers_not_modified_only_to_matching_tags() {
        let first = shared(&HeaderMap::new(), "text/plain", 60, "hello".to_owned());
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].to_str().unwrap();
        for known in [tag, tag.trim_start_matches("W/"), &format!("\"x\", {tag}"), "*"] {
            assert_eq!(ask(known), StatusCode::NOT_MODIFIED, "{known}");
        }
        for other in ["\"x\"", "", "W/", "hello", "\""] {
            assert_eq!(ask(other), StatusCode::OK, "{other}");
        }
    }
}
