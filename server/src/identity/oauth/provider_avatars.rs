//! The provider's picture of a user with a pending sign-up. Their page loads it as a separate image, so the page does
//! not wait for it; and we serve it, so their browser sends no request to another server.

use super::pending_sign_ups;
use crate::{
    base::error::{Error, Result},
    identity::{
        avatars::{self, Rendition},
        sessions::request::Request,
    },
};

/// Returns the picture of the pending sign-up in this browser. Fetches it at the first request only; until it is there,
/// or when it is unavailable, returns `None`.
///
/// [`Error::NotFound`] when there is no pending sign-up.
pub async fn avatar(cx: &Request) -> Result<Option<Rendition>> {
    let browser = pending_sign_ups::browser_hash(cx)?;
    let row = sqlx::query!(
        r#"
        update pending_oauth_sign_ups a set avatar_requested = true from pending_oauth_sign_ups before
        where a.browser_hash = $1 and a.expires_at > now() and before.browser_hash = a.browser_hash
        returning a.picture, a.avatar, a.avatar_type, before.avatar_requested as requested
        "#,
        &browser[..],
    )
    .fetch_optional(cx.server.db())
    .await?
    .ok_or(Error::NotFound)?;
    if let (Some(bytes), Some(content_type)) = (row.avatar, row.avatar_type) {
        return Ok(Some(Rendition { content_type, bytes }));
    }
    let (Some(address), false) = (row.picture, row.requested) else { return Ok(None) };
    let Some(preview) = avatars::preview(&cx.server, &address).await? else { return Ok(None) };
    sqlx::query!(
        "update pending_oauth_sign_ups set avatar = $2, avatar_type = $3 where browser_hash = $1 and picture = $4",
        &browser[..],
        preview.bytes,
        preview.content_type,
        address,
    )
    .execute(cx.server.db())
    .await?;
    Ok(Some(preview))
}
