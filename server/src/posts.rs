//! Posts: reading one, writing one, deleting one's own. A reply is a post with a parent.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    error::{Error, Invalid, Result, on_constraint},
    id::{PostId, UserId},
    limits,
    profiles::Author,
    request::{Member, Request},
    text,
};

/// The most characters (Unicode scalar values) a post may have.
pub const BODY_MAX: usize = 1_000;

/// A post as every list and page shows it.
#[derive(Clone, Debug)]
pub struct Post {
    pub id: PostId,
    pub author: Author,
    pub parent: Option<PostId>,
    pub body: String,
    pub created_at: OffsetDateTime,
    pub like_count: i64,
    pub reply_count: i64,
    /// Whether the one who looks has liked it.
    pub liked: bool,
}

/// The columns of [`Post`] as the queries of this crate return them.
pub(crate) struct PostRow {
    pub id: i64,
    pub parent_id: Option<i64>,
    pub body: String,
    pub created_at: OffsetDateTime,
    pub like_count: i64,
    pub reply_count: i64,
    pub liked: bool,
    pub author_id: i64,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<String>,
}

impl From<PostRow> for Post {
    fn from(row: PostRow) -> Self {
        Self {
            id: PostId(row.id),
            author: Author {
                id: UserId(row.author_id),
                username: row.username,
                display_name: row.display_name,
                avatar: row.avatar,
            },
            parent: row.parent_id.map(PostId),
            body: row.body,
            created_at: row.created_at,
            like_count: row.like_count,
            reply_count: row.reply_count,
            liked: row.liked,
        }
    }
}

/// One post, as `viewer` sees it. [`Error::NotFound`] when there is none, or its author is suspended.
pub async fn find(db: &mut PgConnection, id: PostId, viewer: Option<UserId>) -> Result<Post> {
    sqlx::query_as!(
        PostRow,
        r#"
        select p.id, p.parent_id, p.body, p.created_at, p.like_count, p.reply_count,
               exists (select 1 from likes l where l.post_id = p.id and l.user_id = $2) as "liked!",
               p.author_id, u.username, u.display_name, u.avatar
        from posts p join users u on u.id = p.author_id
        where p.id = $1 and u.suspended_at is null
        "#,
        id.0,
        viewer.map(|v| v.0),
    )
    .fetch_optional(db)
    .await?
    .map(Post::from)
    .ok_or(Error::NotFound)
}

/// Writes a post, or a reply when `parent` is given.
///
/// [`Error::Invalid`] on `body` when it is empty or over [`BODY_MAX`]; [`Error::NotFound`] when the parent is gone, or
/// its author suspended.
pub async fn create(cx: &Request, me: &Member, body: &str, parent: Option<PostId>) -> Result<PostId> {
    let body = check_body(body)?;
    limits::take(&cx.server, limits::POST, me.id().0).await?;
    let mut tx = cx.server.begin().await?;
    let id = sqlx::query_scalar!(
        r#"
        insert into posts (author_id, parent_id, body)
        select $1, $2::bigint, $3 where $2 is null or exists (
            select 1 from posts p join users u on u.id = p.author_id where p.id = $2 and u.suspended_at is null
        )
        returning id
        "#,
        me.id().0,
        parent.map(|p| p.0),
        body,
    )
    .fetch_optional(&mut *tx)
    .await
    .map_err(|e| on_constraint(e, "posts_parent_id_fkey", Error::NotFound))?
    .ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(PostId(id))
}

/// Deletes one's own post, with the replies to it. [`Error::NotFound`] when it is not there or not one's own.
pub async fn delete(cx: &Request, me: &Member, id: PostId) -> Result<()> {
    let done = sqlx::query!("delete from posts where id = $1 and author_id = $2", id.0, me.id().0)
        .execute(cx.server.db())
        .await?;
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

fn check_body(body: &str) -> Result<String> {
    let body = text::clean_lines(body);
    match body.chars().count() {
        0 => Err(Invalid::one("body", "Write something first.").into()),
        n if n > BODY_MAX => {
            let over = n - BODY_MAX;
            let message = format!("That is {over} character{} too long.", if over == 1 { "" } else { "s" });
            Err(Invalid::one("body", message).into())
        }
        _ => Ok(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_counted_in_characters_and_trimmed() {
        assert_eq!(check_body("  hello \r\n there  ").ok().as_deref(), Some("hello \n there"));
        assert!(check_body(&"é".repeat(BODY_MAX)).is_ok());
        assert!(check_body(&"é".repeat(BODY_MAX + 1)).is_err());
        assert!(check_body(" \n \t\u{200b} ").is_err());
    }
}
