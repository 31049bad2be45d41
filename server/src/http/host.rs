//! The one host name of this site. Another loopback name of this machine is redirected to it (in development), any
//! other is refused; so nothing made from a Host header can ever mislead.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{StatusCode, header::HOST};

use crate::{Server, config::is_loopback};

/// Accepts requests for the configured origin, and health checks.
pub async fn host(State(server): State<Server>, request: Request<Body>, next: Next) -> Response {
    let origin = &server.config().origin;
    let path = request.uri().path();
    if path == "/healthz" || path == "/readyz" {
        return next.run(request).await;
    }
    let mut named = request.headers().get_all(HOST).iter();
    let header = named.next().and_then(|value| value.to_str().ok()).filter(|_| named.next().is_none());
    // HTTP/2 has no Host header; its authority is in the URI. If both are present they must agree.
    let authority = request.uri().authority().map(|a| a.as_str());
    let agree = |a: &str, b: &str| a.eq_ignore_ascii_case(b) || (origin.is_named_by(a) && origin.is_named_by(b));
    let requested_host = match (header, authority) {
        (Some(header), Some(authority)) if !agree(header, authority) => None,
        (header, authority) => header.or(authority),
    };
    match requested_host {
        Some(requested_host) if origin.is_named_by(requested_host) => next.run(request).await,
        Some(requested_host) if origin.is_loopback() && is_loopback(requested_host) && request.method().is_safe() => {
            let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
            Redirect::temporary(&origin.url(path)).into_response()
        }
        _ => StatusCode::MISDIRECTED_REQUEST.into_response(),
    }
}
