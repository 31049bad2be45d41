//! The headers of every response.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{
    HeaderName, HeaderValue,
    header::{self, CACHE_CONTROL, CONTENT_TYPE},
};

use crate::{Server, http::cookies::Cookie};

/// The content security policy: pages load only from our own host and nothing inline, and forms are sent only to it.
/// Pages need no nonce, so they stay the same for every visitor (OWASP ASVS 3.4.3). Browsers apply `form-action` to
/// every redirect after a form, so no form leads to a provider: a page of ours does.
pub const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; report-uri /csp-report; report-to csp";

const FIXED_HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), interest-cohort=()"),
];

/// Adds them to every response, also to errors and redirects. A handler that set its own policy keeps it.
pub async fn security_headers(State(server): State<Server>, request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP));
    if let Ok(endpoint) = format!("csp=\"{}\"", server.config().origin.url("/csp-report")).parse() {
        headers.insert(HeaderName::from_static("reporting-endpoints"), endpoint);
    }
    if server.config().origin.is_https() {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
    response
}

/// Sets cache headers. No cache stores a response to a user with a session, or one that sets a cookie; any other page
/// may be stored only with revalidation. A response that a handler marked as public (files, pictures, feeds) is the
/// same for every visitor, with or without cookies: it stays public, and caches need not separate visitors.
pub async fn private_answers(State(server): State<Server>, request: Request<Body>, next: Next) -> Response {
    let origin = &server.config().origin;
    let personal = [Cookie::Session, Cookie::Flow, Cookie::Proof, Cookie::Flash, Cookie::Link, Cookie::OAuth]
        .iter()
        .any(|cookie| mentions(request.headers(), cookie.name(origin)));
    let mut response = next.run(request).await;
    let sets_cookie = response.headers().contains_key(header::SET_COOKIE);
    let headers = response.headers_mut();
    if !sets_cookie
        && headers.get(CACHE_CONTROL).is_some_and(|cache_control| cache_control.as_bytes().starts_with(b"public"))
    {
        return response;
    }
    let page = headers.get(CONTENT_TYPE).is_none_or(|t| t.as_bytes().starts_with(b"text/html"));
    if personal || sets_cookie {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    } else if page && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    headers.append(header::VARY, HeaderValue::from_static("cookie"));
    response
}

fn mentions(headers: &http::HeaderMap, name: &str) -> bool {
    headers.get_all(header::COOKIE).iter().any(|h| String::from_utf8_lossy(h.as_bytes()).contains(name))
}
