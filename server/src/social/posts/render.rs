//! Renders posts without HTML (written by an older instance of the server), and posts rendered by older rules.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{forget_tags, forget_words, keep_tags, keep_words};
use crate::{
    Server,
    base::{error::Result, id::PostId},
    social::markup::{self, Earlier},
};

/// The number of posts in one transaction.
const BATCH: i64 = 200;

/// Renders one batch of posts without HTML; returns how many. Skips posts that another instance renders at this moment,
/// and those whose text has changed in the meantime.
pub async fn render_missing(server: &Server) -> Result<u64> {
    let mut tx = server.begin().await?;
    // Read without a lock: mentioned users are locked before any post (docs/decisions/0003).
    let posts = sqlx::query!(
        "select id, body from posts where html is null and deleted_at is null order by id desc limit $1",
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut rendered = HashMap::with_capacity(posts.len());
    for post in posts {
        let words = markup::render(&mut tx, &post.body, Earlier::Post(PostId(post.id))).await?;
        rendered.insert(post.id, (post.body, words));
    }
    let ids: Vec<i64> = rendered.keys().copied().collect();
    let locked = sqlx::query!(
        r#"
        select id, body from posts where id = any($1) and html is null and deleted_at is null
        order by id for no key update skip locked
        "#,
        &ids,
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut done = 0;
    for post in locked {
        let Some((_, words)) = rendered.remove(&post.id).filter(|(body, _)| *body == post.body) else { continue };
        set_html(&mut tx, post.id, &words.html).await?;
        forget_words(&mut tx, post.id).await?;
        keep_words(&mut tx, post.id, &words).await?;
        done += 1;
    }
    tx.commit().await?;
    Ok(done)
}

/// Renders one batch of the posts that were rendered by older rules, the newest first; returns how many. They get the
/// tags of the new rules and keep their mentions: a name that was no mention when it was written may belong to another
/// user by now.
pub async fn render_outdated(server: &Server) -> Result<u64> {
    let mut tx = server.begin().await?;
    let ids = sqlx::query_scalar!(
        r#"
        select id from posts where render_version < 1 and deleted_at is null and html is not null
        order by id desc limit $1
        "#,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    let usernames = current_usernames(&mut tx, &ids).await?;
    let posts = sqlx::query!(
        r#"
        select id, body from posts where id = any($1) and render_version < 1 and deleted_at is null and html is not null
        order by id for no key update skip locked
        "#,
        &ids,
    )
    .fetch_all(&mut *tx)
    .await?;
    for post in &posts {
        let names = usernames.get(&post.id);
        let (html, tags) = markup::again(&post.body, |name| names.and_then(|names| names.get(name).cloned()));
        set_html(&mut tx, post.id, &html).await?;
        forget_tags(&mut tx, post.id).await?;
        keep_tags(&mut tx, post.id, &tags).await?;
    }
    tx.commit().await?;
    Ok(posts.len() as u64)
}

/// Returns the current usernames by the names in the posts. The users are locked: users before posts
/// (docs/decisions/0003).
async fn current_usernames(tx: &mut PgConnection, ids: &[i64]) -> Result<HashMap<i64, HashMap<String, String>>> {
    let rows = sqlx::query!(
        r#"
        select m.post_id, m.name, u.username from post_mentions m join users u on u.id = m.user_id
        where m.post_id = any($1) order by u.id for key share of u
        "#,
        ids,
    )
    .fetch_all(tx)
    .await?;
    let mut usernames: HashMap<i64, HashMap<String, String>> = HashMap::new();
    for row in rows {
        usernames.entry(row.post_id).or_default().insert(row.name, row.username);
    }
    Ok(usernames)
}

/// Sets the HTML of the post, rendered by the current rules.
pub(super) async fn set_html(tx: &mut PgConnection, id: i64, html: &str) -> Result<()> {
    sqlx::query!("update posts set html = $2, render_version = $3 where id = $1", id, html, markup::VERSION)
        .execute(tx)
        .await?;
    Ok(())
}
