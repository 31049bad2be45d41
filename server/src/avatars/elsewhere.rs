//! Copying the picture somebody has elsewhere. It happens in the job queue, so nobody waits for it and no page depends
//! on it. The address comes from outside: only the origins in the settings are ever asked, nothing is followed
//! anywhere, and what comes back is treated as if a stranger had sent it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use http::{StatusCode, header::ACCEPT};
use reqwest::{Client, Url, redirect::Policy};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::{
    Bucket, Rendition, picture,
    places::{PLACES, Places},
    store,
};
use crate::{
    Server,
    config::Config,
    error::{Error, Result},
    id::UserId,
    jobs::{self, Job},
    queue::Queue,
};

/// Until a connection stands, and until the picture is there.
const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(5);
/// The most bytes that are read. GitHub takes no more than a megabyte of anybody.
const MOST: usize = 2 * 1_024 * 1_024;

/// Where pictures come in: the queue in which they are read, the one way to where others are, and the bucket in which
/// they may lie.
pub struct Intake {
    pub(super) queue: Queue,
    pub(super) places: Arc<Places>,
    client: Client,
    origins: BTreeSet<String>,
    bucket: Option<Bucket>,
    /// Whether new ones go there.
    into_bucket: bool,
}

impl Intake {
    /// Pictures are copied from the origins of the settings and from nowhere else.
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
        // One at a time, because one may need 100 MB; few that wait, because each waits with its file in hand.
        let (queue, places) = (Queue::new(1, PLACES), Arc::default());
        let bucket = config.pictures.bucket.as_ref().map(Bucket::new);
        let into_bucket = config.pictures.into_bucket;
        Self { queue, places, client, origins: config.picture_origins.clone(), bucket, into_bucket }
    }

    /// The bucket. [`Error::Unavailable`] when the settings name none.
    pub fn bucket(&self) -> Result<&Bucket> {
        self.bucket.as_ref().ok_or_else(|| Error::Unavailable("pictures lie in a bucket that no setting names".into()))
    }

    /// The bucket, if new pictures go there.
    pub(super) fn for_new(&self) -> Option<&Bucket> {
        self.bucket.as_ref().filter(|_| self.into_bucket)
    }
}

/// A picture somebody is to have.
#[derive(Debug, Serialize, Deserialize)]
pub struct Wish {
    user: i64,
    url: String,
    /// What they had when they wished: whatever they chose since is theirs and stays.
    instead_of: Option<String>,
}

/// Queues that `user` gets the picture at `url` instead of the one they have now, unless they choose another before.
/// The caller rings [`Server::wake`] after the commit. [`Error::NotFound`] when they are gone.
pub async fn wish(tx: &mut PgConnection, user: UserId, url: &str) -> Result<()> {
    let instead_of = sqlx::query_scalar!("select avatar from users where id = $1", user.0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    jobs::enqueue(tx, &Job::Picture(Wish { user: user.0, url: url.to_owned(), instead_of })).await
}

/// Fetches the picture, makes it one of ours and gives it to the one who wished for it. A picture that cannot be taken
/// is no error: they keep their face.
///
/// # Errors
/// Only when it makes sense to try again.
pub async fn import(server: &Server, wish: &Wish) -> Result<()> {
    let given_up = |why: &str| {
        tracing::info!(user = wish.user, why, "a picture from elsewhere is not taken");
        Ok(())
    };
    let bytes = match fetch(server.pictures(), &wish.url).await {
        Ok(bytes) => bytes,
        Err(Trouble::Now(why)) => return Err(Error::Unavailable(why.into())),
        Err(Trouble::Always(why)) => return given_up(&why),
    };
    let made = match picture::make(server, bytes).await {
        Ok(made) => made,
        Err(Error::Invalid(why)) => return given_up(why.get("picture").unwrap_or_default()),
        Err(error) => return Err(error),
    };
    let kept = store::keep(server, made).await?;
    let mut tx = server.begin().await?;
    match store::set_instead(&mut tx, UserId(wish.user), &kept, wish.instead_of.as_deref()).await {
        Ok(()) => Ok(tx.commit().await?),
        Err(Error::NotFound) => given_up("they are gone or have chosen another"),
        Err(error) => Err(error),
    }
}

/// The picture at `address` as it would be here, small; none when it cannot be had now.
///
/// # Errors
/// [`Error::Busy`] when too many pictures are being made.
pub(crate) async fn preview(server: &Server, address: &str) -> Result<Option<Rendition>> {
    let Ok(bytes) = fetch(server.pictures(), address).await else { return Ok(None) };
    match picture::make(server, bytes).await {
        Ok(made) => Ok(Some(made.small)),
        Err(Error::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why there is no picture: for now, or whenever it is tried.
#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    Now(String),
    Always(String),
}

async fn fetch(intake: &Intake, address: &str) -> Result<Vec<u8>, Trouble> {
    let url = allowed(&intake.origins, address).ok_or_else(|| Trouble::Always("not at a place we ask".to_owned()))?;
    // Without the address, which says who they are elsewhere.
    let away = |error: reqwest::Error| Trouble::Now(format!("the picture cannot be fetched: {}", error.without_url()));
    let accepted = "image/png, image/jpeg, image/webp";
    let mut answer = intake.client.get(url).header(ACCEPT, accepted).send().await.map_err(away)?;
    match answer.status() {
        StatusCode::OK => {}
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            return Err(Trouble::Now(format!("the picture cannot be fetched: {status}")));
        }
        status => return Err(Trouble::Always(status.to_string())),
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(away)? {
        if bytes.len() + chunk.len() > MOST {
            return Err(Trouble::Always("more than we read".to_owned()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The address, if scheme, host and port are ones we ask and it names nobody there. A `blob:` has an origin, but no host.
fn allowed(origins: &BTreeSet<String>, address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let plain = url.has_host() && url.username().is_empty() && url.password().is_none();
    (plain && origins.contains(&url.origin().ascii_serialization())).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssrf_only_the_very_origins_of_the_settings_are_asked() {
        let origins = BTreeSet::from(["https://avatars.example".to_owned(), "http://127.0.0.1:8123".to_owned()]);
        for good in [
            "https://avatars.example/u/1?v=4",
            "https://AVATARS.example:443/u/1",
            "http://127.0.0.1:8123/u/1",
            // Another spelling of the same place.
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
