//! Words that have no HTML yet: an older copy of the server wrote them, or they are from before there was any.

use super::{forget_words, keep_words};
use crate::{Server, error::Result, markup};

/// Posts in one transaction.
const BATCH: i64 = 200;

/// Renders one batch of them; returns how many those were. Copies of the server share the work.
pub async fn render_missing(server: &Server) -> Result<u64> {
    let mut tx = server.begin().await?;
    let posts = sqlx::query!(
        r#"
        select id, body from posts where html is null and deleted_at is null
        order by id desc limit $1 for no key update skip locked
        "#,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    for post in &posts {
        let words = markup::render(&mut tx, &post.body).await?;
        sqlx::query!("update posts set html = $2 where id = $1", post.id, words.html).execute(&mut *tx).await?;
        forget_words(&mut tx, post.id).await?;
        keep_words(&mut tx, post.id, &words).await?;
    }
    tx.commit().await?;
    Ok(posts.len() as u64)
}
