//! An S3 bucket for avatars. Each object name is used only once, so a late removal never removes another object. Only
//! this program reads the bucket: visitors get avatars from us.

mod http;

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    Attribute, Attributes, BackoffConfig, ObjectMeta, ObjectStore, ObjectStoreExt, PutOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use secrecy::ExposeSecret;

use super::{Picture, Size};
use crate::{
    base::error::{Error, Result},
    config,
};

/// The longest time of one operation, retries included: less than a page has.
const BUCKET_TIMEOUT: Duration = Duration::from_secs(7);
/// The retries within that time.
const RETRIES: RetryConfig = RetryConfig {
    backoff: BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(1), base: 2.0 },
    max_retries: 2,
    retry_timeout: Duration::from_secs(4),
};

/// The configured bucket.
pub struct Bucket {
    store: AmazonS3,
    folder: String,
    /// The name for the operator.
    name: String,
}

impl Bucket {
    /// Builds the bucket from the settings, without a request.
    #[expect(clippy::expect_used, reason = "the settings have been checked")]
    pub fn new(settings: &config::Bucket) -> Self {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.name)
            .with_region(&settings.region)
            .with_access_key_id(&settings.key_id)
            .with_secret_access_key(settings.secret.expose_secret())
            // The settings allow plain HTTP only to this machine.
            .with_allow_http(true)
            // Not every bucket supports bulk deletion, and there are never many objects.
            .with_disable_bulk_delete(true)
            .with_retry(RETRIES)
            .with_http_connector(http::Connector);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let (name, folder) = (settings.name.clone(), settings.folder.clone());
        Self { store: builder.build().expect("settings that were checked"), folder, name }
    }

    /// Returns the name for the operator.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn path(&self, object: &str, size: Size) -> Path {
        Path::from(format!("{}/{object}.{}", self.folder, size as u16))
    }

    /// Stores both sizes.
    pub(super) async fn put(&self, object: &str, picture: &Picture) -> Result<()> {
        for (size, rendition) in [(Size::Small, &picture.small), (Size::Large, &picture.large)] {
            let attributes = Attributes::from_iter([(Attribute::ContentType, rendition.content_type.clone())]);
            let options = PutOptions { attributes, ..PutOptions::default() };
            let path = self.path(object, size);
            with_timeout(self.store.put_opts(&path, rendition.bytes.clone().into(), options)).await?;
        }
        Ok(())
    }

    /// Returns one size, complete: a client would cache half a picture for ever. [`Error::NotFound`] when it does not
    /// exist.
    pub(super) async fn get(&self, object: &str, size: Size) -> Result<Vec<u8>> {
        let path = self.path(object, size);
        with_timeout(async { self.store.get(&path).await?.bytes().await }).await.map(Into::into)
    }

    /// Removes both sizes. A missing object is not an error.
    pub(super) async fn remove(&self, object: &str) -> Result<()> {
        for size in [Size::Small, Size::Large] {
            self.remove_file(&self.path(object, size)).await?;
        }
        Ok(())
    }

    /// Removes one file.
    pub(super) async fn remove_file(&self, path: &Path) -> Result<()> {
        match with_timeout(self.store.delete(path)).await {
            Err(Error::NotFound) => Ok(()),
            done => done,
        }
    }

    /// Lists every object in its folder.
    pub(super) fn all(&self) -> BoxStream<'static, Result<Lying>> {
        let folder = (!self.folder.is_empty()).then(|| Path::from(self.folder.as_str()));
        self.store.list(folder.as_ref()).map(|found| found.map(Lying::from).map_err(to_error)).boxed()
    }

    /// Returns the response time of the bucket.
    ///
    /// # Errors
    /// When it does not answer, or refuses us.
    pub async fn answers(&self) -> Result<Duration> {
        let started = Instant::now();
        let mut all = self.all();
        match tokio::time::timeout(BUCKET_TIMEOUT, all.next()).await {
            Ok(Some(Err(error))) => Err(error),
            Ok(_) => Ok(started.elapsed()),
            Err(late) => Err(Error::Unavailable(Box::new(late))),
        }
    }
}

/// An object in the bucket: the name of its picture, and the time of its upload, in seconds since 1970.
pub(super) struct Lying {
    pub path: Path,
    pub object: String,
    pub since: i64,
}

impl From<ObjectMeta> for Lying {
    fn from(found: ObjectMeta) -> Self {
        let file = found.location.filename().unwrap_or_default();
        let object = file.rsplit_once('.').map_or(file, |(object, _)| object).to_owned();
        Self { object, since: found.last_modified.timestamp(), path: found.location }
    }
}

async fn with_timeout<T>(operation: impl Future<Output = object_store::Result<T>>) -> Result<T> {
    match tokio::time::timeout(BUCKET_TIMEOUT, operation).await {
        Ok(done) => done.map_err(to_error),
        Err(late) => Err(Error::Unavailable(Box::new(late))),
    }
}

fn to_error(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::NotFound,
        other => Error::Unavailable(Box::new(other)),
    }
}
