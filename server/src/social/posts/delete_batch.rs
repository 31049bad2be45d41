//! Deletes the posts of a deleted account in small transactions (see `accounts::erase`).

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

use super::delete::empty;
use crate::{
    base::{error::Result, id::UserId},
    db::batches::Handled,
};

/// A post of the batch and the post it replies to.
struct OwnPost {
    id: i64,
    parent_id: Option<i64>,
}

/// Deletes some of the posts of `author`, the newest first, so that replies are deleted before their parents. A post
/// with many likes or versions loses those in transactions of their own before it is deleted itself.
pub(crate) async fn delete_batch_of(tx: &mut PgConnection, author: UserId, rows: i64) -> Result<Handled> {
    let newest = newest(tx, author, rows).await?;
    let ids: Vec<i64> = newest.iter().map(|post| post.id).collect();
    let locked: HashSet<i64> =
        sqlx::query_scalar!("select id from posts where id = any($1) order by id for update skip locked", &ids)
            .fetch_all(&mut *tx)
            .await?
            .into_iter()
            .collect();
    let mut posts: Vec<OwnPost> = newest.into_iter().filter(|post| locked.contains(&post.id)).collect();
    let stripped = strip(tx, &posts, rows).await?;
    if stripped > 0 {
        return Ok(Handled::all(stripped));
    }
    let parents = lock_parents(tx, &posts).await?;
    posts.retain(|post| post.parent_id.is_none_or(|parent| locked.contains(&parent) || parents.contains(&parent)));
    let placeholders = placeholders(tx, &posts).await?;
    let deleted: Vec<i64> = posts.iter().map(|post| post.id).filter(|id| !placeholders.contains(id)).collect();
    empty(tx, &placeholders.into_iter().collect::<Vec<_>>()).await?;
    sqlx::query!("delete from posts where id = any($1)", &deleted).execute(tx).await?;
    Ok(Handled { found: ids.len(), done: posts.len() })
}

async fn newest(tx: &mut PgConnection, author: UserId, rows: i64) -> Result<Vec<OwnPost>> {
    let newest = sqlx::query_as!(
        OwnPost,
        r#"
        select id as "id!", parent_id from (
            (select id, parent_id from posts where author_id = $1 and parent_id is null order by id desc limit $2)
            union all
            (select id, parent_id from posts where author_id = $1 and parent_id is not null order by id desc limit $2)
        ) either order by id desc limit $2
        "#,
        author.0,
        rows,
    );
    Ok(newest.fetch_all(tx).await?)
}

/// Deletes some of the likes, unlikes and versions of the (locked) posts; returns how many.
async fn strip(tx: &mut PgConnection, posts: &[OwnPost], rows: i64) -> Result<u64> {
    let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
    let mut deleted = 0;
    for statement in [
        sqlx::query!(
            r#"
            with picked as materialized (select post_id, user_id from likes where post_id = any($1) limit $2)
            delete from likes l using picked s where l.post_id = s.post_id and l.user_id = s.user_id
            "#,
            &ids,
            rows,
        ),
        sqlx::query!(
            r#"
            with picked as materialized (select post_id, user_id from unlikes where post_id = any($1) limit $2)
            delete from unlikes u using picked s where u.post_id = s.post_id and u.user_id = s.user_id
            "#,
            &ids,
            rows,
        ),
        sqlx::query!(
            r#"
            delete from post_versions where id = any(array(select id from post_versions where post_id = any($1) limit $2))
            "#,
            &ids,
            rows,
        ),
    ] {
        deleted += statement.execute(&mut *tx).await?.rows_affected();
    }
    Ok(deleted)
}

/// Locks the parents of these posts, because their counts of replies change. Returns those that no other transaction
/// locks.
async fn lock_parents(tx: &mut PgConnection, posts: &[OwnPost]) -> Result<HashSet<i64>> {
    let parents: Vec<i64> = posts.iter().filter_map(|post| post.parent_id).collect();
    let locked = sqlx::query_scalar!(
        "select id from posts where id = any($1) order by id for no key update skip locked",
        &parents
    )
    .fetch_all(tx)
    .await?;
    Ok(locked.into_iter().collect())
}

/// Returns the posts that stay as placeholders: those with a reply that is not deleted with them.
async fn placeholders(tx: &mut PgConnection, posts: &[OwnPost]) -> Result<HashSet<i64>> {
    let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
    let replied_to = sqlx::query_scalar!(
        r#"
        select p.id from posts p where p.id = any($1)
            and exists (select from posts r where r.parent_id = p.id and r.id <> all($1))
        "#,
        &ids,
    )
    .fetch_all(tx)
    .await?;
    let mut placeholders: HashSet<i64> = replied_to.into_iter().collect();
    let parents: HashMap<i64, i64> = posts.iter().filter_map(|post| Some((post.id, post.parent_id?))).collect();
    // The newest first: a reply is newer than its parent.
    for post in posts {
        if placeholders.contains(&post.id)
            && let Some(parent) = parents.get(&post.id).filter(|parent| ids.contains(parent))
        {
            placeholders.insert(*parent);
        }
    }
    Ok(placeholders)
}
