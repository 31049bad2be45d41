//! Pictures in the database. Each is there once, whoever has it, for as long as somebody has it.

use sqlx::PgConnection;

use super::picture::{Picture, Rendition, Size};
use crate::{
    error::{Error, Result},
    id::UserId,
};

/// Letters of an id: twelve bytes in base64.
const ID_LENGTH: usize = 16;

/// The file name of one size of the picture with this id.
pub fn file(id: &str, size: Size) -> String {
    format!("{id}.{}", size as u16)
}

/// Whether a picture could have this file name.
pub fn is_file(file: &str) -> bool {
    parse(file).is_some()
}

fn parse(file: &str) -> Option<(&str, Size)> {
    let (id, size) = file.split_once('.')?;
    let size = [Size::Small, Size::Large].into_iter().find(|known| size == (*known as u16).to_string())?;
    let well_formed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (id.len() == ID_LENGTH && id.bytes().all(well_formed)).then_some((id, size))
}

/// Gives `user` this picture instead of the one they have. [`Error::NotFound`] when they are gone.
pub async fn set(tx: &mut PgConnection, user: UserId, picture: &Picture) -> Result<()> {
    let old = lock(tx, user).await?;
    keep(tx, picture).await?;
    replace(tx, user, old.as_deref(), Some(&picture.id)).await
}

/// As [`set`], but [`Error::NotFound`] also when `before` is not what they have.
pub(super) async fn set_instead(
    tx: &mut PgConnection,
    user: UserId,
    picture: &Picture,
    before: Option<&str>,
) -> Result<()> {
    let old = lock(tx, user).await?;
    if old.as_deref() != before {
        return Err(Error::NotFound);
    }
    keep(tx, picture).await?;
    replace(tx, user, old.as_deref(), Some(&picture.id)).await
}

/// Gives `user` back the face drawn from their username.
pub async fn clear(tx: &mut PgConnection, user: UserId) -> Result<()> {
    let old = lock(tx, user).await?;
    replace(tx, user, old.as_deref(), None).await
}

/// What they have now. Two changes at once come one after the other, so none leaves a picture behind.
async fn lock(tx: &mut PgConnection, user: UserId) -> Result<Option<String>> {
    sqlx::query_scalar!("select avatar from users where id = $1 for update", user.0)
        .fetch_optional(tx)
        .await?
        .ok_or(Error::NotFound)
}

async fn keep(tx: &mut PgConnection, picture: &Picture) -> Result<()> {
    // An update locks the row, so that nobody removes it before it is anybody's; a lone insert would not.
    sqlx::query!(
        r#"
        insert into avatar_images (id, small, small_type, large, large_type) values ($1, $2, $3, $4, $5)
        on conflict (id) do update set made_at = now()
        "#,
        picture.id,
        picture.small.bytes,
        picture.small.content_type,
        picture.large.bytes,
        picture.large.content_type,
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

/// Removes a picture that somebody had, unless another one has it. One that is being given to somebody at this moment
/// is left alone; should it be nobody's in the end, the sweeper takes it.
pub async fn release(tx: &mut PgConnection, id: &str) -> Result<()> {
    let locked = sqlx::query_scalar!("select id from avatar_images where id = $1 for update skip locked", id)
        .fetch_optional(&mut *tx)
        .await?;
    // A statement of its own: it must see who got the picture until the lock was ours. From then on nobody gets it.
    if locked.is_some() {
        sqlx::query!(
            "delete from avatar_images where id = $1 and not exists (select 1 from users where avatar = $1)",
            id,
        )
        .execute(tx)
        .await?;
    }
    Ok(())
}

/// What is called `file`. [`Error::NotFound`] when nothing is.
pub async fn find(db: &mut PgConnection, file: &str) -> Result<Rendition> {
    let (id, size) = parse(file).ok_or(Error::NotFound)?;
    find_by_id(db, id, size).await
}

/// One size of a picture. [`Error::NotFound`] when it is gone.
pub async fn find_by_id(db: &mut PgConnection, id: &str, size: Size) -> Result<Rendition> {
    sqlx::query_as!(
        Rendition,
        r#"
        select case when $2 then small else large end as "bytes!",
               case when $2 then small_type else large_type end as "content_type!"
        from avatar_images where id = $1
        "#,
        id,
        size == Size::Small,
    )
    .fetch_optional(db)
    .await?
    .ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_we_give_are_asked_for() {
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
