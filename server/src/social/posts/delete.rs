//! Deletes the user's own posts. Replies of others stay, below a placeholder.

use sqlx::PgConnection;

use crate::{
    base::{
        error::{Error, Result},
        id::PostId,
    },
    identity::sessions::{
        self,
        request::{Member, Request},
    },
};

/// The most placeholders above a deleted reply that are deleted at once; the sweeper deletes the rest.
const MAX_PLACEHOLDERS: usize = 20;

/// Deletes the user's own post. [`Error::NotFound`] when it does not exist or belongs to another user.
pub async fn delete(cx: &Request, me: &Member, id: PostId) -> Result<()> {
    let mut tx = sessions::begin(cx, me).await?;
    // The parent counts its replies, and the older post is locked first (docs/decisions/0003).
    sqlx::query!(
        r#"
        select id from posts where id in (
            select unnest(array[id, parent_id]) from posts where id = $1 and author_id = $2
        ) order by id for update
        "#,
        id.0,
        me.id().0,
    )
    .fetch_all(&mut *tx)
    .await?;
    // The lock waits for replies that are being written, and blocks new ones.
    let post =
        sqlx::query!("select parent_id from posts where id = $1 and author_id = $2 for update", id.0, me.id().0,)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::NotFound)?;
    if empty(&mut tx, &[id.0]).await? == 0 {
        sqlx::query!("delete from posts where id = $1", id.0).execute(&mut *tx).await?;
        delete_placeholders(&mut tx, post.parent_id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Turns those of the (locked) posts that have replies into placeholders; returns how many those are.
pub(super) async fn empty(tx: &mut PgConnection, ids: &[i64]) -> Result<u64> {
    let replied_to = sqlx::query_scalar!(
        "select p.id from posts p where p.id = any($1) and exists (select 1 from posts r where r.parent_id = p.id)",
        ids,
    )
    .fetch_all(&mut *tx)
    .await?;
    if replied_to.is_empty() {
        return Ok(0);
    }
    for statement in [
        sqlx::query!("delete from post_tags where post_id = any($1)", &replied_to),
        sqlx::query!("delete from post_mentions where post_id = any($1)", &replied_to),
        sqlx::query!("delete from post_versions where post_id = any($1)", &replied_to),
        sqlx::query!("delete from likes where post_id = any($1)", &replied_to),
        sqlx::query!(
            r#"
            update posts set deleted_at = now(), author_id = null, body = '', html = null, edited_at = null
            where id = any($1)
            "#,
            &replied_to,
        ),
    ] {
        statement.execute(&mut *tx).await?;
    }
    Ok(replied_to.len() as u64)
}

/// Deletes placeholders without replies, from a parent upwards.
async fn delete_placeholders(tx: &mut PgConnection, mut parent: Option<i64>) -> Result<()> {
    for _ in 0..MAX_PLACEHOLDERS {
        let Some(id) = parent else { break };
        // Upwards is against the lock order of posts: a row that another transaction locks is left to the sweeper.
        let empty = sqlx::query_scalar!(
            "select id from posts where id = $1 and deleted_at is not null for update skip locked",
            id
        )
        .fetch_optional(&mut *tx)
        .await?;
        if empty.is_none() {
            break;
        }
        let deleted = sqlx::query!(
            r#"
            delete from posts p where p.id = $1 and not exists (select 1 from posts r where r.parent_id = p.id)
            returning p.parent_id
            "#,
            id,
        )
        .fetch_optional(&mut *tx)
        .await?;
        parent = deleted.and_then(|deleted| deleted.parent_id);
    }
    Ok(())
}

/// Deletes placeholders without replies, at most `most`; returns how many. A placeholder whose only reply is deleted is
/// deleted with it, so that a deep chain takes a few statements and not one for each placeholder. For the sweeper.
pub async fn prune(db: &mut PgConnection, most: i64) -> Result<u64> {
    // The recursion climbs from every placeholder without replies, a level at a time, and ends at the limit.
    let removable = sqlx::query_scalar!(
        r#"
        with recursive chain as (
            (
                select p.id, p.parent_id from posts p
                where p.deleted_at is not null and not exists (select from posts r where r.parent_id = p.id)
                order by p.id desc limit $1
            )
            union all
            select p.id, p.parent_id from chain c join posts p on p.id = c.parent_id
            where p.deleted_at is not null
              and not exists (select from posts r where r.parent_id = p.id and r.id <> c.id)
        )
        select id as "id!" from chain limit $1
        "#,
        most,
    )
    .fetch_all(&mut *db)
    .await?;
    // A placeholder accepts no replies, so none of them gets one in the meantime.
    let deleted = sqlx::query!(
        r#"
        with locked as materialized (
            select id from posts where id = any($1) and deleted_at is not null order by id for update skip locked
        )
        delete from posts where id = any(array(select id from locked))
        "#,
        &removable,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}
