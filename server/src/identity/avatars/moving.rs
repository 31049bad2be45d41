//! The operator commands that move pictures between the database and the bucket, and that remove unused objects from
//! the bucket. Each can be interrupted and resumed.

use futures_util::TryStreamExt;
use sqlx::PgConnection;

use super::{
    picture::{Picture, Rendition, Size},
    store::{self, Kept},
};
use crate::{
    Server,
    base::error::{Error, Result},
    jobs::{self, Job},
};

/// The number of pictures handled together.
const BATCH: i64 = 100;
/// An object uploaded within this many seconds may be about to become an avatar.
const MIN_AGE_SECONDS: i64 = 60 * 60;

/// The result of a move.
#[derive(Debug, Default)]
pub struct Moved {
    pub moved: u64,
    /// The ids of those that were not moved, and why.
    pub stayed: Vec<(String, String)>,
}

/// The direction of a move.
#[derive(Clone, Copy)]
enum MoveDirection {
    ToBucket,
    ToDatabase,
}

/// Moves every picture from the database into the bucket. Visitors do not notice it.
///
/// # Errors
/// When the database or the bucket does not answer; the pictures moved until then stay moved.
pub async fn to_bucket(server: &Server) -> Result<Moved> {
    all(server, MoveDirection::ToBucket).await
}

/// Moves every picture from the bucket into the database.
///
/// # Errors
/// As with [`to_bucket`]. A picture that is missing in the bucket does not stop the move.
pub async fn to_database(server: &Server) -> Result<Moved> {
    all(server, MoveDirection::ToDatabase).await
}

async fn all(server: &Server, direction: MoveDirection) -> Result<Moved> {
    let bucket = server.pictures().bucket()?;
    bucket.answers().await?;
    let (mut moved, mut after) = (Moved::default(), String::new());
    loop {
        let ids = sqlx::query_scalar!(
            "select id from avatar_images where (object is null) = $1 and id > $2 order by id limit $3",
            matches!(direction, MoveDirection::ToBucket),
            after,
            BATCH,
        )
        .fetch_all(server.db())
        .await?;
        let Some(last) = ids.last() else { return Ok(moved) };
        after.clone_from(last);
        for id in ids {
            let done = match direction {
                MoveDirection::ToBucket => put(server, &id).await,
                MoveDirection::ToDatabase => fetch(server, &id).await,
            };
            match done {
                Ok(()) => moved.moved += 1,
                Err(error) => {
                    // Find out if the problem is this picture or the whole bucket.
                    bucket.answers().await?;
                    moved.stayed.push((id, error.to_string()));
                }
            }
        }
    }
}

/// Returns both sizes as they are now, with the object name in the bucket.
async fn read(server: &Server, id: &str) -> Result<(Picture, Option<String>)> {
    let mut sizes = Vec::new();
    for size in [Size::Small, Size::Large] {
        let found = store::look(&mut *server.db().acquire().await?, id, size).await?;
        sizes.push(found.fetch(server).await?);
    }
    let object = sqlx::query_scalar!("select object from avatar_images where id = $1", id)
        .fetch_optional(server.db())
        .await?
        .ok_or(Error::NotFound)?;
    let mut sizes = sizes.into_iter();
    let (Some(small), Some(large)) = (sizes.next(), sizes.next()) else { return Err(Error::NotFound) };
    Ok((Picture { id: id.to_owned(), small, large }, object))
}

async fn put(server: &Server, id: &str) -> Result<()> {
    let (picture, _) = read(server, id).await?;
    let Kept { object, .. } = store::keep_in(server, server.pictures().bucket()?, picture).await?;
    // If the picture was removed in the meantime, a job that removes the object is already queued.
    sqlx::query!(
        "update avatar_images set object = $2, small = null, large = null where id = $1 and object is null",
        id,
        object,
    )
    .execute(server.db())
    .await?;
    Ok(())
}

async fn fetch(server: &Server, id: &str) -> Result<()> {
    let (Picture { small, large, .. }, Some(object)) = read(server, id).await? else { return Ok(()) };
    let mut tx = server.begin().await?;
    let (Rendition { bytes: small, .. }, Rendition { bytes: large, .. }) = (small, large);
    sqlx::query!(
        "update avatar_images set small = $3, large = $4, object = null where id = $1 and object = $2",
        id,
        object,
        small,
        large,
    )
    .execute(&mut *tx)
    .await?;
    // Not at once: another request may have read the old location and be about to fetch from it.
    jobs::enqueue_in(&mut tx, &Job::PictureObject { object }, 1).await?;
    Ok(tx.commit().await?)
}

/// Removes the objects without a picture from the bucket, except recent ones. Returns the number of files.
///
/// # Errors
/// When the database or the bucket does not answer.
pub async fn tidy(server: &Server) -> Result<u64> {
    let bucket = server.pictures().bucket()?;
    let now = sqlx::query_scalar!(r#"select extract(epoch from now())::bigint as "now!""#);
    let now = now.fetch_one(server.db()).await?;
    let mut removed = 0;
    let mut all = bucket.all().try_chunks(BATCH as usize);
    while let Some(batch) = all.try_next().await.map_err(|error| error.1)? {
        let (names, files): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .filter(|entry| now - entry.since > MIN_AGE_SECONDS)
            .map(|entry| (entry.object, entry.path))
            .unzip();
        let kept =
            sqlx::query_scalar!(r#"select object as "object!" from avatar_images where object = any($1)"#, &names,)
                .fetch_all(server.db())
                .await?;
        for (name, file) in names.iter().zip(files) {
            if !kept.contains(name) {
                bucket.remove_file(&file).await?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// Counts the pictures in the database and in the bucket.
pub async fn places(db: &mut PgConnection) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"
        select count(*) filter (where object is null) as "here!", count(object) as "there!" from avatar_images
        "#
    )
    .fetch_one(db)
    .await?;
    Ok((row.here, row.there))
}
