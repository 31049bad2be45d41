//! Words that have no HTML yet: an older copy of the server wrote them, or they are from before there was any.

use std::collections::HashMap;

use super::{forget_words, keep_words};
use crate::{Server, error::Result, markup};

/// Posts in one transaction.
const BATCH: i64 = 200;

/// Renders one batch of them; returns how many those were. What another copy of the server renders at this moment is
/// left to it, and what got other words meanwhile to the next time.
pub async fn render_missing(server: &Server) -> Result<u64> {
    let mut tx = server.begin().await?;
    // Looked at, not held: whom the words name is held before any post (docs/decisions/0003).
    let posts = sqlx::query!(
        "select id, body from posts where html is null and deleted_at is null order by id desc limit $1",
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut rendered = HashMap::with_capacity(posts.len());
    for post in posts {
        let words = markup::render(&mut tx, &post.body).await?;
        rendered.insert(post.id, (post.body, words));
    }
    let ids: Vec<i64> = rendered.keys().copied().collect();
    let held = sqlx::query!(
        r#"
        select id, body from posts where id = any($1) and html is null and deleted_at is null
        order by id for no key update skip locked
        "#,
        &ids,
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut done = 0;
    for post in held {
        let Some((_, words)) = rendered.remove(&post.id).filter(|(body, _)| *body == post.body) else { continue };
        sqlx::query!("update posts set html = $2 where id = $1", post.id, words.html).execute(&mut *tx).await?;
        forget_words(&mut tx, post.id).await?;
        keep_words(&mut tx, post.id, &words).await?;
        done += 1;
    }
    tx.commit().await?;
    Ok(done)
}
