//! Settings about pictures: the origins to copy from, and the storage.

use std::collections::BTreeSet;

use reqwest::Url;
use secrecy::SecretString;

use super::{ConfigError, Source, is_loopback, wrong};

/// The storage of uploaded pictures.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// `KITH_BUCKET…`: an S3 bucket (default none).
    pub bucket: Option<Bucket>,
    /// `KITH_PICTURES`: `bucket` or `database`, for new ones (default `bucket` when there is one).
    pub into_bucket: bool,
}

/// A bucket and its credentials.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// `KITH_BUCKET`: such as `s3://kith`, or `s3://kith/some/folder`.
    pub name: String,
    pub folder: String,
    /// `KITH_BUCKET_ENDPOINT`: such as `https://s3.example` (default the endpoint of Amazon for the region).
    pub endpoint: Option<String>,
    /// `KITH_BUCKET_REGION` (default `us-east-1`).
    pub region: String,
    /// `KITH_BUCKET_KEY_ID` and `KITH_BUCKET_SECRET`.
    pub key_id: String,
    pub secret: SecretString,
}

impl Pictures {
    /// Reads the settings.
    pub(super) fn new(source: &Source) -> Result<Self, ConfigError> {
        let bucket = source.get("KITH_BUCKET").map(|address| Bucket::new(source, address)).transpose()?;
        let into_bucket = match (source.get("KITH_PICTURES"), &bucket) {
            (None, bucket) => bucket.is_some(),
            (Some("database"), _) => false,
            (Some("bucket"), Some(_)) => true,
            (Some("bucket"), None) => return Err(wrong("KITH_PICTURES", "is bucket, but KITH_BUCKET names none.")),
            (Some(_), _) => return Err(wrong("KITH_PICTURES", "must be database or bucket.")),
        };
        Ok(Self { bucket, into_bucket })
    }
}

impl Bucket {
    fn new(source: &Source, address: &str) -> Result<Self, ConfigError> {
        let shape = "must be an address such as s3://kith or s3://kith/folder.";
        let rest = address.strip_prefix("s3://").ok_or_else(|| wrong("KITH_BUCKET", shape))?;
        let (name, folder) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
        if name.is_empty() || !plain(rest) || folder.split('/').any(|part| part.starts_with('.')) {
            return Err(wrong("KITH_BUCKET", shape));
        }
        let need = |name| source.need(name, "It says who may use the bucket.").map(str::to_owned);
        let region = source.get("KITH_BUCKET_REGION").unwrap_or("us-east-1").to_owned();
        let key_id = need("KITH_BUCKET_KEY_ID")?;
        // Both are sent in a header.
        for (name, value) in [("KITH_BUCKET_REGION", &region), ("KITH_BUCKET_KEY_ID", &key_id)] {
            if !value.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(wrong(name, "must be ASCII letters, digits and signs, without blanks."));
            }
        }
        Ok(Self {
            name: name.to_owned(),
            folder: folder.trim_matches('/').to_owned(),
            endpoint: source.get("KITH_BUCKET_ENDPOINT").map(endpoint).transpose()?,
            region,
            key_id,
            secret: need("KITH_BUCKET_SECRET")?.into(),
        })
    }
}

/// Checks the endpoint. Plain HTTP is allowed only to this machine.
fn endpoint(text: &str) -> Result<String, ConfigError> {
    let name = "KITH_BUCKET_ENDPOINT";
    let url = Url::parse(text).map_err(|_| wrong(name, "must be an address such as https://s3.example."))?;
    let is_local = url.scheme() == "http" && url.host_str().is_some_and(is_loopback);
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    match plain && url.has_host() && (url.scheme() == "https" || is_local) {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err(wrong(name, "must be an address that begins with https://, without a name or a query in it.")),
    }
}

/// The origin of pictures on GitHub.
const GITHUB: &str = "https://avatars.githubusercontent.com";

/// Returns GitHub's origin, or that of the GitHub server that the operator names. Such a server has pictures at its own
/// address.
pub(super) fn origins(source: &Source) -> Result<BTreeSet<String>, ConfigError> {
    let name = "KITH_GITHUB_URL";
    let Some(text) = source.get(name) else { return Ok([GITHUB.to_owned()].into()) };
    let url = Url::parse(text).map_err(|_| wrong(name, "must be an address such as https://github.example."))?;
    // A stand-in on this machine is only for development builds.
    let is_local = cfg!(feature = "dev") && url.scheme() == "http" && url.host_str().is_some_and(is_loopback);
    match url.scheme() == "https" || is_local {
        true => Ok([url.origin().ascii_serialization()].into()),
        false => Err(wrong(name, "must be an address that begins with https://.")),
    }
}
