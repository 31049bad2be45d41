//! Changing one's own words. What they were stays readable: nobody is made to have agreed with something else.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{check_body, forget_words, keep_words};
use crate::{
    accounts,
    error::{Error, Result},
    id::PostId,
    limits, markup, notifications,
    request::{Member, Request},
};

/// Gives one's own post other words, and keeps those before. Saying the same again changes nothing.
///
/// [`Error::Invalid`] on `body` as for [`super::create`]; [`Error::NotFound`] when it is not there or not one's own.
pub async fn edit(cx: &Request, me: &Member, id: PostId, body: &str) -> Result<()> {
    let body = check_body(body)?;
    limits::take(&cx.server, limits::POST, me.id().0).await?;
    let mut tx = cx.server.begin().await?;
    // Oneself and whom the words name first: people before posts (docs/decisions/0003).
    accounts::stay(&mut tx, me.id()).await?;
    let words = markup::render(&mut tx, &body).await?;
    let before = sqlx::query!(
        r#"
        select p.body, p.html, coalesce(p.edited_at, p.created_at) as "written_at!"
        from users me join posts p on p.author_id = me.id
        where p.id = $1 and me.id = $2 and me.suspended_at is null for share of me for update of p
        "#,
        id.0,
        me.id().0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    if before.body == body {
        return Ok(());
    }
    sqlx::query!(
        "insert into post_versions (post_id, body, html, written_at) values ($1, $2, $3, $4)",
        id.0,
        before.body,
        before.html.unwrap_or_else(|| markup::html(&before.body)),
        before.written_at,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("update posts set body = $2, html = $3, edited_at = now() where id = $1", id.0, body, words.html)
        .execute(&mut *tx)
        .await?;
    let named = forget_words(&mut tx, id.0).await?;
    keep_words(&mut tx, id.0, &words).await?;
    notifications::edited(&mut tx, id, me.id(), &named, &words.mentions).await?;
    tx.commit().await?;
    Ok(())
}

/// One's own words as they were typed, to change them. [`Error::NotFound`] as for [`edit`].
pub async fn own_words(db: &mut PgConnection, me: &Member, id: PostId) -> Result<String> {
    sqlx::query_scalar!("select body from posts where id = $1 and author_id = $2", id.0, me.id().0)
        .fetch_optional(db)
        .await?
        .ok_or(Error::NotFound)
}

/// What a post said until it was edited.
#[derive(Clone, Debug)]
pub struct Version {
    /// As a page shows it; safe as it is.
    pub html: String,
    pub written_at: OffsetDateTime,
}

/// The words a post had before, newest first, at most two hundred. One statement.
pub async fn versions(db: &mut PgConnection, id: PostId) -> Result<Vec<Version>> {
    let rows = sqlx::query_as!(
        Version,
        r#"
        select v.html, v.written_at from post_versions v
        join posts p on p.id = v.post_id join users u on u.id = p.author_id
        where v.post_id = $1 and u.suspended_at is null order by v.id desc limit 200
        "#,
        id.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
