//! Writing.

use super::{check_body, keep_words};
use crate::{
    error::{Error, Result, on_constraint},
    id::PostId,
    limits, markup, notifications,
    request::{Member, Request},
};

/// Writes a post, or a reply when `parent` is given.
///
/// [`Error::Invalid`] on `body` when it is empty or over [`super::BODY_MAX`]; [`Error::NotFound`] when the parent is
/// gone, or its author suspended.
pub async fn create(cx: &Request, me: &Member, body: &str, parent: Option<PostId>) -> Result<PostId> {
    let body = check_body(body)?;
    limits::take(&cx.server, limits::POST, me.id().0).await?;
    let mut tx = cx.server.begin().await?;
    // Whom the words name is held first: people before posts (docs/decisions/0003).
    let words = markup::render(&mut tx, &body).await?;
    if let Some(parent) = parent {
        // Held until the reply is there: whoever deletes the parent meanwhile finds the reply, or is found out here.
        sqlx::query!(
            r#"
            select p.id from users me, posts p join users u on u.id = p.author_id
            where me.id = $2 and p.id = $1 and u.suspended_at is null for key share of me, u, p
            "#,
            parent.0,
            me.id().0,
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    }
    let id = sqlx::query_scalar!(
        "insert into posts (author_id, parent_id, body, html) values ($1, $2, $3, $4) returning id",
        me.id().0,
        parent.map(|p| p.0),
        body,
        words.html,
    )
    .fetch_one(&mut *tx)
    .await
    // Deleted in another browser, at this very moment.
    .map_err(|e| on_constraint(e, "posts_author_id_fkey", Error::SignInNeeded))?;
    keep_words(&mut tx, id, &words).await?;
    notifications::of_post(&mut tx, PostId(id), me.id(), parent, &words.mentions).await?;
    tx.commit().await?;
    Ok(PostId(id))
}
