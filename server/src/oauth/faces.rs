//! What somebody who arrives looks like elsewhere. Their page shows it by an image of its own, so the page waits for
//! nobody; and it comes from us, so their browser asks nobody else for it.

use super::arrivals;
use crate::{
    avatars::{self, Rendition},
    error::{Error, Result},
    request::Request,
};

/// The picture of the one that waits in this browser: fetched the first time it is asked for, and never again; until it
/// is there, or when it cannot be had, none.
///
/// [`Error::NotFound`] when nobody waits.
pub async fn face(cx: &Request) -> Result<Option<Rendition>> {
    let browser = arrivals::browser_hash(cx)?;
    let kept = sqlx::query!(
        r#"
        update arrivals a set face_asked = true from arrivals before
        where a.browser_hash = $1 and a.expires_at > now() and before.browser_hash = a.browser_hash
        returning a.picture, a.face, a.face_type, before.face_asked as asked
        "#,
        &browser[..],
    )
    .fetch_optional(cx.server.db())
    .await?
    .ok_or(Error::NotFound)?;
    if let (Some(bytes), Some(content_type)) = (kept.face, kept.face_type) {
        return Ok(Some(Rendition { content_type, bytes }));
    }
    let (Some(address), false) = (kept.picture, kept.asked) else { return Ok(None) };
    let Some(face) = avatars::preview(&cx.server, &address).await? else { return Ok(None) };
    sqlx::query!(
        "update arrivals set face = $2, face_type = $3 where browser_hash = $1 and picture = $4",
        &browser[..],
        face.bytes,
        face.content_type,
        address,
    )
    .execute(cx.server.db())
    .await?;
    Ok(Some(face))
}
