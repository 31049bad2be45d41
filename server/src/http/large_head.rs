//! Refuses a request with a larger head than the server reads.

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, StatusCode};

/// Makes a browser delete its data for this site.
pub const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The part that makes a head too large. It is an extension of the request that replaces the unread one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LargeHead {
    Cookies,
    Address,
    Other,
}

/// Refuses a request that is marked as [`LargeHead`]. A browser would send too many cookies again with every request:
/// the response makes it delete them.
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
