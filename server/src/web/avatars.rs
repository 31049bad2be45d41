//! Pictures of people. Their names say what they show, so they are kept for ever by whoever fetched them.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use crate::avatars;

/// `GET /avatars/{file}`
pub async fn avatar(Path(file): Path<String>) -> Response {
    let Some(svg) = avatars::generated(&file) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        // Should one ever be opened by itself, it is a picture and nothing else.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'none'; sandbox; frame-ancestors 'none'"),
    ];
    (headers, svg).into_response()
}
