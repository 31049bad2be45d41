//! Edits the user's own posts. Earlier versions stay readable, so that those who replied or liked are not made to agree
//! with another text.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{check_body, forget_words, keep_words, render::set_html};
use crate::{
    base::{
        error::{Error, Result},
        id::PostId,
        paged::Paged,
        tokenizer::IndexedText,
    },
    identity::{
        sessions::{
            self,
            request::{Member, Request},
        },
        users,
    },
    limits,
    social::{
        markup::{self, Earlier},
        notifications,
        posts::index_posts,
    },
};

/// Replaces the text of the user's own post, and keeps the earlier version. The same text again changes nothing.
///
/// [`Error::Invalid`] on `body` as for [`super::create`]; [`Error::NotFound`] when it does not exist or belongs to
/// another user.
pub async fn edit(cx: &Request, me: &Member, id: PostId, body: &str) -> Result<()> {
    let body = check_body(body)?;
    limits::counted(cx.server.db(), (limits::POST, me.id().0), rewrite(cx, me, id, &body)).await
}

async fn rewrite(cx: &Request, me: &Member, id: PostId, body: &str) -> Result<()> {
    let mut tx = sessions::begin(cx, me).await?;
    // Locks the user and the mentioned users first: users before posts (docs/decisions/0003).
    users::lock_shared_active(&mut tx, me.id()).await?;
    let words = markup::render(&mut tx, body, Earlier::Post(id)).await?;
    words.check("body")?;
    // The post is updated twice below, and for the second update Postgres checks its parent again. Posts are locked in
    // the order of their ids, as a deletion does, so the parent comes first.
    sqlx::query!("select from posts where id = (select parent_id from posts where id = $1) for key share", id.0)
        .execute(&mut *tx)
        .await?;
    let before = sqlx::query!(
        r#"
        select body, coalesce(edited_at, created_at) as "written_at!" from posts
        where id = $1 and author_id = $2 for update
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
        "insert into post_versions (post_id, body, written_at) values ($1, $2, $3)",
        id.0,
        before.body,
        before.written_at,
    )
    .execute(&mut *tx)
    .await?;
    // First without HTML: the trigger treats HTML that is set together with another body as that of an older instance.
    sqlx::query!("update posts set body = $2, html = null, edited_at = now() where id = $1", id.0, body)
        .execute(&mut *tx)
        .await?;
    set_html(&mut tx, id.0, &words.html).await?;
    let named = forget_words(&mut tx, id.0).await?;
    keep_words(&mut tx, id.0, &words).await?;
    index_posts(&mut tx, &[IndexedText { id: id.0, text: body.to_owned() }]).await?;
    notifications::edited(&mut tx, id, me.id(), &named, &words.people()).await?;
    tx.commit().await?;
    Ok(())
}

/// Returns the text of the user's own post as it was typed, for editing. [`Error::NotFound`] as for [`edit`].
pub async fn own_words(db: &mut PgConnection, me: &Member, id: PostId) -> Result<String> {
    sqlx::query_scalar!("select body from posts where id = $1 and author_id = $2", id.0, me.id().0)
        .fetch_optional(db)
        .await?
        .ok_or(Error::NotFound)
}

/// The number of versions on one page.
const PAGE: i64 = 50;

/// An earlier version of a post.
#[derive(Clone, Debug)]
pub struct Version {
    /// The HTML for a page; safe as it is. It has no mentions: a name of that time may belong to another user by now.
    pub html: String,
    pub written_at: OffsetDateTime,
}

/// One page of the earlier versions of a post, newest first.
pub type Versions = Paged<Version, i64>;

struct VersionRow {
    id: i64,
    body: String,
    written_at: OffsetDateTime,
}

/// Returns the earlier versions of a post, from the newest below `before` (of all when `None`). One statement.
pub async fn versions(db: &mut PgConnection, id: PostId, before: Option<i64>) -> Result<Versions> {
    let rows = sqlx::query_as!(
        VersionRow,
        r#"
        select v.id, v.body, v.written_at from post_versions v
        join posts p on p.id = v.post_id join users u on u.id = p.author_id
        where v.post_id = $1 and v.id < $2 and u.suspended_at is null order by v.id desc limit $3
        "#,
        id.0,
        before.unwrap_or(i64::MAX),
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    let version = |row: VersionRow| Version { html: markup::html(&row.body), written_at: row.written_at };
    Ok(Paged::from_rows(rows, PAGE, |row| row.id, version))
}
