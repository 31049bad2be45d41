//! Avatars. A file name identifies the content, so clients may cache it for ever.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, StatusCode, header};

use super::shared::has;
use crate::{Error, Server, identity::avatars};

/// If an avatar is opened by itself, it is a picture and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'none'; sandbox; frame-ancestors 'none'";

/// `GET /avatars/{file}`. Generated ones cost no statement, the others one; the session is not checked. Painted ones
/// cost some milliseconds of a core, and exist only for existing users.
pub async fn avatar(State(server): State<Server>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    let (generated, painted) = (avatars::generated(&file), avatars::is_painted(&file));
    if generated.is_none() && painted.is_none() && !avatars::is_file(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    // The client's copy is still valid: the content of a name never changes.
    if has(&headers, &etag(&file)) {
        return (StatusCode::NOT_MODIFIED, cache_headers(&file)).into_response();
    }
    if let Some(svg) = generated {
        return picture(&file, "image/svg+xml", svg);
    }
    let found = match painted {
        Some(username) => avatars::paint(&server, username).await,
        None => avatars::find(&server, &file).await,
    };
    match found {
        Ok(found) => picture(&file, &found.content_type, found.bytes),
        Err(Error::NotFound) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::warn!(%error, "no picture");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
        }
    }
}

fn picture(file: &str, content_type: &str, content: impl IntoResponse) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type), (header::CONTENT_SECURITY_POLICY, POLICY)];
    (cache_headers(file), headers, content).into_response()
}

/// Returns the cache lifetime and the tag: the same for the full and the not-modified response (RFC 9110, 15.4.5).
fn cache_headers(file: &str) -> [(HeaderName, String); 2] {
    [(header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()), (header::ETAG, etag(file))]
}

fn etag(file: &str) -> String {
    format!("\"{file}\"")
}
