//! The paths that search engines may skip.

use axum::response::Response;
use http::HeaderMap;
use server::http::shared;

use crate::{page::Public, paths};

const FOR_AN_HOUR: u32 = 3_600;

/// Paths that show nothing to a visitor who is signed out, or the same content in endless variations.
const CLOSED: [&str; 13] = [
    "/api/",
    "/auth/",
    "/dev/",
    "/elevate",
    "/end-session",
    "/forgot-password",
    "/notifications",
    "/reset-password",
    "/search",
    "/settings/",
    "/sign-",
    "/undo-email",
    "/unsubscribe",
];

/// `GET /robots.txt` (RFC 9309)
pub async fn show(public: Public, headers: HeaderMap) -> Response {
    let closed: String = CLOSED.iter().map(|path| format!("Disallow: {path}\n")).collect();
    let sitemap = public.origin().url(paths::SITEMAP);
    let text = format!("User-agent: *\n{closed}\nSitemap: {sitemap}\n");
    shared(&headers, "text/plain; charset=utf-8", FOR_AN_HOUR, text)
}
