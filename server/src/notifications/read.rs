//! Marking as read. Only by a form: looking at a page changes nothing.

use super::Cursor;
use crate::{
    error::{Error, Result},
    request::{Member, Request},
};

/// Marks one's own notification as read; said twice it is still so. [`Error::NotFound`] when it is not one's own.
pub async fn read(cx: &Request, me: &Member, id: i64) -> Result<()> {
    let done = sqlx::query!(
        r#"
        update notifications set read_at = coalesce(read_at, now()),
            expires_at = case when read_at is null then least(expires_at, now() + interval '90 days') else expires_at end
        where id = $1 and user_id = $2 and withdrawn_at is null
        "#,
        id,
        me.id().0,
    )
    .execute(cx.server.db())
    .await?;
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Marks as read what one was told up to `until`, the newest one has seen: what came meanwhile stays unread.
pub async fn read_all(cx: &Request, me: &Member, until: Cursor) -> Result<()> {
    sqlx::query!(
        r#"
        update notifications set read_at = now(), expires_at = least(expires_at, now() + interval '90 days')
        where user_id = $1 and read_at is null and withdrawn_at is null and (updated_at, id) <= ($2, $3)
        "#,
        me.id().0,
        until.at,
        until.id,
    )
    .execute(cx.server.db())
    .await?;
    Ok(())
}
