//! From where pictures may be copied.

use std::collections::BTreeSet;

use reqwest::Url;

use super::{ConfigError, Source, is_loopback, wrong};

/// Where GitHub keeps the pictures of its people.
const GITHUB: &str = "https://avatars.githubusercontent.com";

/// GitHub's, or those of the GitHub that the operator names. A server of one's own keeps them at its own address.
pub(super) fn origins(source: &Source) -> Result<BTreeSet<String>, ConfigError> {
    let name = "KITH_GITHUB_URL";
    let Some(text) = source.get(name) else { return Ok([GITHUB.to_owned()].into()) };
    let url = Url::parse(text).map_err(|_| wrong(name, "must be an address such as https://github.example."))?;
    // A stand-in on this machine is for development builds alone.
    let near = cfg!(feature = "dev") && url.scheme() == "http" && url.host_str().is_some_and(is_loopback);
    match url.scheme() == "https" || near {
        true => Ok([url.origin().ascii_serialization()].into()),
        false => Err(wrong(name, "must be an address that begins with https://.")),
    }
}
