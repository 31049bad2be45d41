//! The answer to a request whose head is larger than the server reads.

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, StatusCode};

/// Has a browser delete what it keeps for this site.
pub const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What makes a head too large. Among the extensions of the request that stands for one that was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LargeHead {
    Cookies,
    Address,
    Other,
}

/// Refuses a request that is marked as [`LargeHead`]. Too many cookies would be sent again with every request: the
/// browser is asked to delete them.
pub async fn large_head(request: Request<Body>, next: Next) -> Response {
    match request.extensions().get::<LargeHead>() {
        None => next.run(request).await,
        Some(LargeHead::Cookies) => {
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, [(CLEAR_SITE_DATA, "\"cookies\"")]).into_response()
        }
        Some(LargeHead::Address) => StatusCode::URI_TOO_LONG.into_response(),
        Some(LargeHead::Other) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response(),
    }
}
