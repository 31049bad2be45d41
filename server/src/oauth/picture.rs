//! The picture somebody has at a provider. It is copied once and never shown from there.

use std::{collections::BTreeSet, time::Duration};

use http::header::{ACCEPT, CONTENT_TYPE};
use oauth2::url::Url;
use tokio::time::timeout;

use super::outbound::Outbound;
use crate::config::providers::origin;

/// Nobody waits longer for a picture; they get the one that is made from their name.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most bytes of one.
const MOST: usize = 2 * 1_024 * 1_024;

/// Fetches it, if it lies at one of the provider's own `origins`: an address somebody can choose must not lead into the
/// operator's network.
pub(super) async fn fetch(http: &Outbound, origins: &BTreeSet<String>, address: &str) -> Option<Vec<u8>> {
    let url = Url::parse(address).ok().filter(|url| origins.contains(&origin(url)))?;
    let request = http::Request::get(url.as_str()).header(ACCEPT, "image/png, image/jpeg, image/webp").body(Vec::new());
    let answer = timeout(PATIENCE, http.send_within(request.ok()?, MOST)).await.ok()?.ok()?;
    let is_picture = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"image/"));
    (answer.status().is_success() && is_picture).then(|| answer.into_body())
}
