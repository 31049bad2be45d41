//! Posts: reads, creates, edits and deletes them. A reply is a post with a parent.
//!
//! The text is rendered when it is written (see [`crate::social::markup`]), with its tags and mentions in rows of their own. A
//! deleted post is removed, unless it has replies: then a placeholder stays, without text, author or likes. A form that
//! is sent twice because a response was lost creates one post.

mod create;
mod delete;
mod delete_batch;
mod edit;
mod index;
mod render;
pub mod thread;

use sqlx::PgConnection;
use time::OffsetDateTime;

pub use self::{
    create::create,
    delete::{delete, prune},
    edit::{Version, Versions, edit, own_words, versions},
    render::{render_missing, render_outdated},
};
pub(crate) use self::{delete_batch::delete_batch_of, index::index_posts};
use crate::{
    base::{
        error::{Error, Invalid, Result},
        id::{PostId, UserId},
        text,
    },
    identity::users::UserSummary,
    social::markup::{self, Rendered},
};

/// The most characters (Unicode scalar values) a post may have.
pub const BODY_MAX: usize = 1_000;

/// A post for lists and pages.
#[derive(Clone, Debug)]
pub struct Post {
    pub id: PostId,
    pub author: UserSummary,
    pub parent: Option<PostId>,
    /// As it was typed.
    pub body: String,
    /// The HTML for a page; safe as it is.
    pub html: String,
    pub created_at: OffsetDateTime,
    /// The time of the last edit, if any.
    pub edited_at: Option<OffsetDateTime>,
    pub like_count: i64,
    pub reply_count: i64,
    /// True if the viewer has liked it.
    pub liked: bool,
}

impl Post {
    /// Returns the start of the text, in one line without markup, cut after `most` characters (grapheme clusters).
    pub fn excerpt(&self, most: usize) -> String {
        text::excerpt(&markup::plain(&self.body), most)
    }
}

/// The columns of [`Post`] in the queries of this crate.
pub(crate) struct PostRow {
    pub id: i64,
    pub parent_id: Option<i64>,
    pub body: String,
    pub html: Option<String>,
    pub created_at: OffsetDateTime,
    pub edited_at: Option<OffsetDateTime>,
    pub like_count: i64,
    pub reply_count: i64,
    pub liked: bool,
    pub author_id: i64,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<String>,
}

/// Queries [`PostRow`]s: `select` and the columns of a post `p` by the user `u`, as the viewer `$1` sees it, are written
/// here; the caller writes the rest of the statement, and a `with` before it if needed. sqlx checks the whole statement.
macro_rules! post_rows {
    (with $with:literal, $from:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            $crate::social::posts::PostRow,
            $with
                + r#"
        select p.id, p.parent_id, p.body, p.html, p.created_at, p.edited_at, p.like_count, p.reply_count,
               exists (select 1 from likes l where l.post_id = p.id and l.user_id = $1 offset 0) as "liked!",
               u.id as author_id, u.username, u.display_name, u.avatar
        "# + $from,
            $($argument),*
        )
    };
    ($from:literal, $($argument:expr),* $(,)?) => {
        post_rows!(with "", $from, $($argument),*)
    };
}
pub(crate) use post_rows;

impl From<PostRow> for Post {
    fn from(row: PostRow) -> Self {
        Self {
            id: PostId(row.id),
            author: UserSummary {
                id: UserId(row.author_id),
                username: row.username,
                display_name: row.display_name,
                avatar: row.avatar,
            },
            parent: row.parent_id.map(PostId),
            // Written moments ago by an older instance of the server.
            html: row.html.unwrap_or_else(|| markup::html(&row.body)),
            body: row.body,
            created_at: row.created_at,
            edited_at: row.edited_at,
            like_count: row.like_count,
            reply_count: row.reply_count,
            liked: row.liked,
        }
    }
}

/// Returns one post, as `viewer` sees it. [`Error::NotFound`] when there is none, or its author is suspended.
pub async fn find(db: &mut PgConnection, id: PostId, viewer: Option<UserId>) -> Result<Post> {
    post_rows!(
        r#"
        from posts p join users u on u.id = p.author_id
        where p.id = $2 and u.suspended_at is null
        "#,
        viewer.map(|v| v.0),
        id.0,
    )
    .fetch_optional(db)
    .await?
    .map(Post::from)
    .ok_or(Error::NotFound)
}

/// Writes the tags and mentions of a post, inside the transaction that writes its text.
async fn keep_words(tx: &mut PgConnection, id: i64, words: &Rendered) -> Result<()> {
    keep_tags(tx, id, &words.tags).await?;
    if !words.mentions.is_empty() {
        let (people, names): (Vec<i64>, Vec<String>) =
            words.mentions.iter().map(|(person, name)| (person.0, name.clone())).unzip();
        // A user deleted at this moment is not mentioned.
        sqlx::query!(
            r#"
            insert into post_mentions (post_id, user_id, name)
            select $3, u.id, m.name from unnest($1::bigint[], $2::text[]) m (user_id, name) join users u on u.id = m.user_id
            order by u.id for key share of u
            "#,
            &people,
            &names,
            id,
        )
        .execute(tx)
        .await?;
    }
    Ok(())
}

async fn keep_tags(tx: &mut PgConnection, id: i64, tags: &[String]) -> Result<()> {
    if !tags.is_empty() {
        sqlx::query!("insert into post_tags (tag, post_id) select tag, $2 from unnest($1::text[]) tag", tags, id)
            .execute(tx)
            .await?;
    }
    Ok(())
}

async fn forget_tags(tx: &mut PgConnection, id: i64) -> Result<()> {
    sqlx::query!("delete from post_tags where post_id = $1", id).execute(tx).await?;
    Ok(())
}

/// Deletes the tags and mentions; returns the mentioned users.
async fn forget_words(tx: &mut PgConnection, id: i64) -> Result<Vec<UserId>> {
    forget_tags(tx, id).await?;
    let named = sqlx::query_scalar!("delete from post_mentions where post_id = $1 returning user_id", id);
    Ok(named.fetch_all(tx).await?.into_iter().map(UserId).collect())
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
    fn trims_bodies_and_limits_them_in_characters() {
        assert_eq!(check_body("  hello \r\n there  ").ok().as_deref(), Some("hello \n there"));
        assert!(check_body(&"é".repeat(BODY_MAX)).is_ok());
        assert!(check_body(&"é".repeat(BODY_MAX + 1)).is_err());
        assert!(check_body(" \n \t\u{200b} ").is_err());
    }
}
