//! Reports of resources that a browser refused to load on one of our pages: a sign of an attack, or of a mistake of
//! ours.

use axum::body::Bytes;
use http::StatusCode;

use crate::{base::error::Result, identity::sessions::request::Request, limits};

/// `POST /csp-report`. Any client can send anything here: it is cut, escaped by the log, and counted.
pub async fn csp(cx: Request, body: Bytes) -> Result<StatusCode> {
    limits::take(cx.server.db(), limits::CSP_REPORT, cx.client().limit_key()).await?;
    let text: String = String::from_utf8_lossy(&body).chars().take(1_000).collect();
    tracing::warn!(event = "csp_report", report = text, "a page was blocked from loading something");
    Ok(StatusCode::NO_CONTENT)
}
