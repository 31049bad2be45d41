//! The built files (styles, scripts, fonts, icons), compressed at build time. In a release they are inside the binary;
//! in development they are read from `target/site` once, at start.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use app::page::assets::Assets;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// Files with a fingerprint in their name never change; the few with a fixed name do.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FOR_AN_HOUR: &str = "public, max-age=3600";

/// Every built file, by its path in `target/site`.
pub struct Files {
    pub names: Arc<Assets>,
    files: HashMap<String, Bytes>,
}

impl Files {
    /// Reads all files.
    pub fn load() -> Self {
        let files: HashMap<String, Bytes> = Site::iter()
            .filter_map(|path| {
                let bytes = match Site::get(&path)?.data {
                    Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                    Cow::Owned(bytes) => Bytes::from(bytes),
                };
                Some((path.into_owned(), bytes))
            })
            .collect();
        let manifest = files.get("manifest.json").and_then(|bytes| serde_json::from_slice(bytes).ok());
        let names: BTreeMap<String, String> = manifest.unwrap_or_default();
        Self { names: Arc::new(Assets::new(names)), files }
    }

    /// Returns the routes of `/assets/…`, and of the files at fixed names that browsers and crawlers expect.
    pub fn routes(self: &Arc<Self>) -> Router {
        let fixed = self.files.keys().filter_map(|path| path.strip_prefix("root/")).filter(|name| !is_compressed(name));
        let mut router = Router::new().route("/assets/{*file}", get(asset));
        for name in fixed {
            let path = format!("root/{name}");
            let handler = move |State(files): State<Arc<Self>>, headers: HeaderMap| async move {
                files.answer(&path, &headers, FOR_AN_HOUR)
            };
            router = router.route(&format!("/{name}"), get(handler));
        }
        router.with_state(Arc::clone(self))
    }

    fn answer(&self, path: &str, headers: &HeaderMap, keep: &'static str) -> Response {
        let Some(plain) = self.files.get(path).filter(|_| !is_compressed(path)) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let accepts = |name: &str| accepted.split(',').any(|part| part.trim().split(';').next() == Some(name));
        let packed = [("br", ".br"), ("gzip", ".gz")]
            .into_iter()
            .filter(|(name, _)| accepts(name))
            .find_map(|(name, ending)| self.files.get(&format!("{path}{ending}")).map(|bytes| (name, bytes)));
        let (encoding, bytes) = packed.map_or((None, plain), |(name, bytes)| (Some(name), bytes));
        let mut response = Response::new(Body::from(bytes.clone()));
        let to = response.headers_mut();
        to.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        to.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        to.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = encoding {
            to.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

async fn asset(State(files): State<Arc<Files>>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    // Serves only the files that the manifest names, and nothing else in the folder.
    if file.starts_with("root/") || file == "manifest.json" {
        return StatusCode::NOT_FOUND.into_response();
    }
    files.answer(&file, &headers, FOR_EVER)
}

fn is_compressed(path: &str) -> bool {
    path.ends_with(".br") || path.ends_with(".gz")
}

fn content_type(path: &str) -> &'static str {
    if path.starts_with("speculation.") && path.ends_with(".json") {
        return "application/speculationrules+json";
    }
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
