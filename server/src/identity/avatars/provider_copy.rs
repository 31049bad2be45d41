//! Copies the user's picture from a provider. The job queue does it, so no user waits for it and no page depends on it.
//! The address comes from outside: only the configured origins are requested, redirects are not followed, and the
//! response is treated like an upload from a stranger.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use http::{StatusCode, header::ACCEPT};
use reqwest::{Client, Url, redirect::Policy};
use sqlx::PgConnection;

use super::{
    Bucket, Rendition, picture,
    places::{PLACES, Places},
    store,
};
use crate::{
    Server,
    base::{
        cpu_pool::CpuPool,
        error::{Error, Result},
        id::UserId,
    },
    config::Config,
    jobs::{self, Job},
};

/// The timeouts for the connection and for the whole picture.
const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(5);
/// The most bytes that are read. GitHub accepts at most a megabyte per picture.
const MAX_BYTES: usize = 2 * 1_024 * 1_024;

/// The intake of pictures: the queue that decodes them, the HTTP client that fetches them from providers, and the
/// bucket that may store them.
pub struct Intake {
    pub(super) queue: CpuPool,
    pub(super) places: Arc<Places>,
    client: Client,
    origins: BTreeSet<String>,
    bucket: Option<Bucket>,
    /// True if new pictures are stored in the bucket.
    into_bucket: bool,
}

impl Intake {
    /// Builds the intake. Only the configured origins are allowed.
    #[expect(clippy::expect_used, reason = "built from constants; a machine on which it fails serves nobody")]
    pub fn new(config: &Config) -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .user_agent(concat!("Kith/", env!("CARGO_PKG_VERSION")))
            .referer(false)
            .build()
            .expect("a client for HTTPS");
        // One at a time, because one may need 100 MB; few may wait, because each holds its file in memory.
        let (queue, places) = (CpuPool::new(1, PLACES), Arc::default());
        let bucket = config.pictures.bucket.as_ref().map(Bucket::new);
        let into_bucket = config.pictures.into_bucket;
        Self { queue, places, client, origins: config.picture_origins.clone(), bucket, into_bucket }
    }

    /// Returns the bucket. [`Error::Unavailable`] when none is configured.
    pub fn bucket(&self) -> Result<&Bucket> {
        self.bucket.as_ref().ok_or_else(|| Error::Unavailable("pictures lie in a bucket that no setting names".into()))
    }

    /// Returns the bucket, if new pictures are stored there.
    pub(super) fn for_new(&self) -> Option<&Bucket> {
        self.bucket.as_ref().filter(|_| self.into_bucket)
    }
}

/// A request to copy a picture for a user.
#[derive(Debug)]
pub struct AvatarCopy<'a> {
    pub user: UserId,
    pub url: &'a str,
    /// The avatar at the time of the request: if the user chose another since, that one stays.
    pub instead_of: Option<&'a str>,
}

/// Enqueues the copy of the picture at `url` as the avatar of `user`, unless they choose another before. The caller
/// rings [`Server::wake`] after the commit. [`Error::NotFound`] when the user is deleted.
pub async fn wish(tx: &mut PgConnection, user: UserId, url: &str) -> Result<()> {
    let instead_of = sqlx::query_scalar!("select avatar from users where id = $1", user.0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    jobs::enqueue(tx, &Job::Picture { user: user.0, url: url.to_owned(), instead_of }).await
}

/// Fetches the picture, converts it and sets it as the user's avatar. An unusable picture is no error: the user keeps
/// their avatar.
///
/// # Errors
/// Only when a retry makes sense.
pub async fn import(server: &Server, wish: &AvatarCopy<'_>) -> Result<()> {
    let abandon = |why: &str| {
        tracing::info!(user = wish.user.0, why, "a picture from elsewhere is not taken");
        Ok(())
    };
    let bytes = match fetch(server.pictures(), wish.url).await {
        Ok(bytes) => bytes,
        Err(CopyError::Now(why)) => return Err(Error::Unavailable(why.into())),
        Err(CopyError::Always(why)) => return abandon(&why),
    };
    let avatar = match picture::make(server, bytes).await {
        Ok(avatar) => avatar,
        Err(Error::Invalid(why)) => return abandon(why.get("picture").unwrap_or_default()),
        Err(error) => return Err(error),
    };
    let stored = store::keep(server, avatar).await?;
    let mut tx = server.begin().await?;
    match store::set_instead(&mut tx, wish.user, &stored, wish.instead_of).await {
        Ok(()) => Ok(tx.commit().await?),
        Err(Error::NotFound) => abandon("they are gone or have chosen another"),
        Err(error) => Err(error),
    }
}

/// Returns a small preview of the picture at `address`; `None` when it is not available now.
///
/// # Errors
/// [`Error::Busy`] when too many pictures are being processed.
pub(crate) async fn preview(server: &Server, address: &str) -> Result<Option<Rendition>> {
    let Ok(bytes) = fetch(server.pictures(), address).await else { return Ok(None) };
    match picture::make(server, bytes).await {
        Ok(avatar) => Ok(Some(avatar.small)),
        Err(Error::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A failure: temporary or permanent.
#[derive(Debug, PartialEq, Eq)]
enum CopyError {
    Now(String),
    Always(String),
}

async fn fetch(intake: &Intake, address: &str) -> Result<Vec<u8>, CopyError> {
    let url = allowed(&intake.origins, address).ok_or_else(|| CopyError::Always("not at a place we ask".to_owned()))?;
    // Without the address: it would identify the user's account at the provider.
    let fetch_error =
        |error: reqwest::Error| CopyError::Now(format!("the picture cannot be fetched: {}", error.without_url()));
    let accepted = "image/png, image/jpeg, image/webp";
    let mut response = intake.client.get(url).header(ACCEPT, accepted).send().await.map_err(fetch_error)?;
    match response.status() {
        StatusCode::OK => {}
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            return Err(CopyError::Now(format!("the picture cannot be fetched: {status}")));
        }
        status => return Err(CopyError::Always(status.to_string())),
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fetch_error)? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(CopyError::Always("more than we read".to_owned()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Returns the parsed address, if scheme, host and port are configured and it has no credentials. A `blob:` URL has an
/// origin, but no host.
fn allowed(origins: &BTreeSet<String>, address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let plain = url.has_host() && url.username().is_empty() && url.password().is_none();
    (plain && origins.contains(&url.origin().ascii_serialization())).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetches_avatars_only_from_configured_origins() {
        let origins = BTreeSet::from(["https://avatars.example".to_owned(), "http://127.0.0.1:8123".to_owned()]);
        for good in [
            "https://avatars.example/u/1?v=4",
            "https://AVATARS.example:443/u/1",
            "http://127.0.0.1:8123/u/1",
            // Another spelling of the same address.
            "http://2130706433:8123/u/1",
        ] {
            let url = allowed(&origins, good).unwrap();
            assert!(origins.contains(&url.origin().ascii_serialization()), "{good}");
        }
        for bad in [
            "",
            "/u/1",
            "//avatars.example/u/1",
            "http://avatars.example/u/1",
            "https://avatars.example:444/u/1",
            "https://avatars.example./u/1",
            "https://avatars.example.evil.example/u/1",
            "https://evil.example/https://avatars.example/",
            "https://avatars.example@evil.example/",
            "https://evil.example\\@avatars.example/",
            "https://me:secret@avatars.example/",
            "https://me@avatars.example/",
            "http://127.0.0.1/u/1",
            "http://127.0.0.1:5432/",
            "http://localhost:8123/u/1",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
            "blob:https://avatars.example/u/1",
        ] {
            assert!(allowed(&origins, bad).is_none(), "{bad}");
        }
    }
}
