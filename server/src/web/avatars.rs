//! Pictures of people. Their names say what they show, so they are kept for ever by whoever fetched them.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};

use crate::{Error, Server, avatars};

/// Should one ever be opened by itself, it is a picture and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'none'; sandbox; frame-ancestors 'none'";

/// `GET /avatars/{file}`. The drawn ones cost no statement, the others one; nobody's session is asked about. The painted
/// ones cost some milliseconds of a core, and are for people there are.
pub async fn avatar(State(server): State<Server>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    if let Some(svg) = avatars::generated(&file) {
        return picture(&file, "image/svg+xml", svg);
    }
    let painted = avatars::is_painted(&file);
    if painted.is_none() && !avatars::is_file(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    // Who has it has it as it is: nothing else was ever called so.
    if headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == etag(&file).as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
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
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ETAG, &etag(file)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, content).into_response()
}

fn etag(file: &str) -> String {
    format!("\"{file}\"")
}
