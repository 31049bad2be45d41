//! Requests that change something must come from our own pages. Forms need no token for it: browsers send the origin of
//! a request, and a request without it is refused.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, StatusCode, header::ORIGIN};

use crate::{Server, config::Origin};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses, before any handler, any request that is not `GET`, `HEAD` or `OPTIONS` and does not come from our own pages
/// (OWASP ASVS 3.5.1). Exceptions are browsers' reports, which have no page, and unsubscribing from digests, which a
/// mail provider requests for its user (RFC 8058), with a token and nothing else.
pub async fn same_origin(State(server): State<Server>, request: Request<Body>, next: Next) -> Response {
    let harmless = request.method().is_safe() || matches!(request.uri().path(), "/csp-report" | "/unsubscribe");
    if harmless || is_ours(request.headers(), &server.config().origin) {
        return next.run(request).await;
    }
    tracing::info!(event = "cross_site", path = request.uri().path(), "refused a request from elsewhere");
    StatusCode::FORBIDDEN.into_response()
}

/// Returns true if the request is ours. `Sec-Fetch-Site` decides if it is present, otherwise `Origin`; with neither, or
/// with two of either, it is not ours.
fn is_ours(headers: &HeaderMap, ours: &Origin) -> bool {
    let single = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        let first = values.next();
        (first, values.next().is_some())
    };
    match (single(&FETCH_SITE), single(&ORIGIN)) {
        ((_, true), _) | (_, (_, true)) => false,
        ((Some(site), _), _) => site == "same-origin",
        ((None, _), (Some(origin), _)) => origin.to_str().is_ok_and(|origin| ours.is_same(origin)),
        ((None, _), (None, _)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        is_ours(&headers, &"https://kith.example".parse().unwrap())
    }

    #[test]
    fn accepts_changes_only_from_own_pages() {
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        for here in ["https://kith.example", "https://kith.example:443", "https://kith.example."] {
            assert!(ours(&[("origin", here)]), "{here}");
        }
        for elsewhere in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://kith.example.evil.example")],
            &[("origin", "http://kith.example")],
            &[("origin", "http://kith.example:443")],
            &[("origin", "https://kith.example:80")],
            &[("origin", "https://kith.example..")],
            &[("origin", "https://kith.example/")],
            &[("origin", "kith.example")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://kith.example")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("origin", "https://kith.example"), ("origin", "https://evil.example")],
            &[("referer", "https://kith.example/")],
        ] {
            assert!(!ours(elsewhere), "{elsewhere:?}");
        }
    }
}
