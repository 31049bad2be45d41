//! The stored pictures. Each is stored once, however many users have it, and as long as at least one has it. Its bytes
//! are in its row, or in the [bucket](super::bucket) under the name in its row. The bucket gets the bytes before any
//! user has the picture, and a job removes them after no user has it any more.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sqlx::PgConnection;

use super::{
    Bucket,
    picture::{Picture, Rendition, Size},
};
use crate::{
    Server,
    base::{
        error::{Error, Result},
        id::UserId,
        random,
    },
    jobs::{self, Job},
};

/// After so many minutes an object in the bucket belongs to a user, or never will.
const CLEANUP_DELAY_MINUTES: i32 = 10;

/// A picture in its final storage, before a user has it.
pub struct Kept {
    picture: Picture,
    /// The object name in the bucket, if it is there.
    pub(super) object: Option<String>,
}

/// Stores a picture where the settings say. If no user gets it in the end, a job removes it from the bucket; the job is
/// queued before the upload.
pub async fn keep(server: &Server, picture: Picture) -> Result<Kept> {
    match server.pictures().for_new() {
        Some(bucket) => keep_in(server, bucket, picture).await,
        None => Ok(Kept { picture, object: None }),
    }
}

/// Stores a picture in the bucket.
pub(super) async fn keep_in(server: &Server, bucket: &Bucket, picture: Picture) -> Result<Kept> {
    let object = format!("{}-{}", picture.id, BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<9>()));
    let cleanup = Job::PictureObject { object: object.clone() };
    jobs::enqueue_in(&mut *server.db().acquire().await?, &cleanup, CLEANUP_DELAY_MINUTES).await?;
    bucket.put(&object, &picture).await?;
    Ok(Kept { picture, object: Some(object) })
}

/// The number of letters of an id: twelve bytes in base64.
const ID_LENGTH: usize = 16;

/// Returns the file name of one size of the picture with this id.
pub fn file(id: &str, size: Size) -> String {
    format!("{id}.{}", size as u16)
}

/// Returns true if a picture could have this file name.
pub fn is_file(file: &str) -> bool {
    parse(file).is_some()
}

fn parse(file: &str) -> Option<(&str, Size)> {
    let (id, size) = file.split_once('.')?;
    let size = [Size::Small, Size::Large].into_iter().find(|known| size == (*known as u16).to_string())?;
    let well_formed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (id.len() == ID_LENGTH && id.bytes().all(well_formed)).then_some((id, size))
}

/// Sets this picture as the avatar of `user`. [`Error::NotFound`] when the user is deleted.
pub async fn set(tx: &mut PgConnection, user: UserId, kept: &Kept) -> Result<()> {
    let old = lock(tx, user).await?;
    note(tx, kept).await?;
    replace(tx, user, old.as_deref(), Some(&kept.picture.id)).await
}

/// Like [`set`], but also [`Error::NotFound`] when `before` is not the current avatar.
pub(super) async fn set_instead(tx: &mut PgConnection, user: UserId, kept: &Kept, before: Option<&str>) -> Result<()> {
    let old = lock(tx, user).await?;
    if old.as_deref() != before {
        return Err(Error::NotFound);
    }
    note(tx, kept).await?;
    replace(tx, user, old.as_deref(), Some(&kept.picture.id)).await
}

/// Restores the avatar that is generated from the username of `user`.
pub async fn clear(tx: &mut PgConnection, user: UserId) -> Result<()> {
    let old = lock(tx, user).await?;
    replace(tx, user, old.as_deref(), None).await
}

/// Returns the current avatar and locks the user's row. Concurrent changes wait for each other, so none leaves a
/// picture behind.
async fn lock(tx: &mut PgConnection, user: UserId) -> Result<Option<String>> {
    sqlx::query_scalar!("select avatar from users where id = $1 for update", user.0)
        .fetch_optional(tx)
        .await?
        .ok_or(Error::NotFound)
}

async fn note(tx: &mut PgConnection, Kept { picture, object }: &Kept) -> Result<()> {
    let in_database = object.is_none();
    // An update locks the row, so that no other transaction removes it before a user has it; a lone insert would not.
    // An existing picture stays where it is.
    sqlx::query!(
        r#"
        insert into avatar_images (id, small, small_type, large, large_type, object) values ($1, $2, $3, $4, $5, $6)
        on conflict (id) do update set made_at = now()
        "#,
        picture.id,
        in_database.then_some(&picture.small.bytes[..]),
        picture.small.content_type,
        in_database.then_some(&picture.large.bytes[..]),
        picture.large.content_type,
        object.as_deref(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn replace(tx: &mut PgConnection, user: UserId, old: Option<&str>, new: Option<&str>) -> Result<()> {
    if old == new {
        return Ok(());
    }
    sqlx::query!("update users set avatar = $2 where id = $1", user.0, new).execute(&mut *tx).await?;
    match old {
        Some(old) => release(tx, old).await,
        None => Ok(()),
    }
}

/// Removes a picture that a user had, unless another user has it. Skips one that is being given to a user at this
/// moment; if no user has it in the end, the sweeper removes it.
pub async fn release(tx: &mut PgConnection, id: &str) -> Result<()> {
    let locked = sqlx::query_scalar!("select id from avatar_images where id = $1 for update skip locked", id)
        .fetch_optional(&mut *tx)
        .await?;
    // A statement of its own: it must see any user who got the picture before we had the lock. Afterwards no user can
    // get it.
    if locked.is_some() {
        let removed = sqlx::query_scalar!(
            r#"
            delete from avatar_images where id = $1 and not exists (select 1 from users where avatar = $1)
            returning object
            "#,
            id,
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(object) = removed.flatten() {
            jobs::enqueue(tx, &Job::PictureObject { object }).await?;
        }
    }
    Ok(())
}

/// Removes at most `limit` pictures that no user has. Skips new ones, which may be about to get a user. Returns how
/// many.
pub(crate) async fn sweep(server: &Server, limit: i64) -> Result<u64> {
    let mut tx = server.begin().await?;
    let removed = sqlx::query_scalar!(
        r#"
        delete from avatar_images where id in (
            select id from avatar_images i
            where made_at < now() - interval '1 hour' and not exists (select 1 from users where avatar = i.id)
            limit $1 for update skip locked
        )
        returning object
        "#,
        limit,
    )
    .fetch_all(&mut *tx)
    .await?;
    let count = removed.len() as u64;
    for object in removed.into_iter().flatten() {
        jobs::enqueue(&mut tx, &Job::PictureObject { object }).await?;
    }
    tx.commit().await?;
    Ok(count)
}

/// Removes an object without a picture from the bucket. Its name is never used again, so it stays unused.
pub async fn forget(server: &Server, object: &str) -> Result<()> {
    let kept =
        sqlx::query_scalar!(r#"select exists (select 1 from avatar_images where object = $1) as "kept!""#, object,)
            .fetch_one(server.db())
            .await?;
    if kept { Ok(()) } else { server.pictures().bucket()?.remove(object).await }
}

/// One size of a picture: its bytes, or its location.
pub enum Found {
    Here(Rendition),
    InBucket { object: String, size: Size, content_type: String },
}

impl Found {
    /// Returns the picture. [`Error::NotFound`] when it was removed in the meantime; [`Error::Unavailable`] when the
    /// bucket is unavailable.
    pub async fn fetch(self, server: &Server) -> Result<Rendition> {
        match self {
            Self::Here(rendition) => Ok(rendition),
            Self::InBucket { object, size, content_type } => {
                let bytes = server.pictures().bucket()?.get(&object, size).await?;
                Ok(Rendition { content_type, bytes })
            }
        }
    }
}

/// Returns the picture with the name `file`. [`Error::NotFound`] when there is none. Holds no connection while it reads
/// from the bucket.
pub async fn find(server: &Server, file: &str) -> Result<Rendition> {
    let (id, size) = parse(file).ok_or(Error::NotFound)?;
    let found = look(&mut *server.db().acquire().await?, id, size).await?;
    found.fetch(server).await
}

/// Returns one size of a picture, or its location. [`Error::NotFound`] when it does not exist.
pub async fn look(db: &mut PgConnection, id: &str, size: Size) -> Result<Found> {
    let row = sqlx::query!(
        r#"
        select case when $2 then small else large end as bytes,
               case when $2 then small_type else large_type end as "content_type!", object
        from avatar_images where id = $1
        "#,
        id,
        size == Size::Small,
    )
    .fetch_optional(db)
    .await?
    .ok_or(Error::NotFound)?;
    let content_type = row.content_type;
    match (row.bytes, row.object) {
        (Some(bytes), _) => Ok(Found::Here(Rendition { content_type, bytes })),
        (None, Some(object)) => Ok(Found::InBucket { object, size, content_type }),
        (None, None) => Err(Error::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_only_generated_avatar_file_names() {
        for size in [Size::Small, Size::Large] {
            let name = file("abc-_XYZ01234567", size);
            assert_eq!(parse(&name), Some(("abc-_XYZ01234567", size)));
            assert!(name.len() <= 20);
        }
        for wrong in [
            "",
            ".96",
            "abc-_XYZ01234567",
            "abc-_XYZ01234567.97",
            "abc-_XYZ01234567.096",
            "abc-_XYZ01234567.96.96",
            "abc-_XYZ0123456.96",
            "abc-_XYZ012345678.96",
            "abc/_XYZ01234567.96",
            "abc\0_XYZ01234567.96",
            "äbc_XYZ01234567.96",
            "ada-1.svg",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
