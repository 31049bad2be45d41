//! Writing.

use sqlx::PgConnection;

use super::{check_body, keep_words};
use crate::{
    error::{Error, Result},
    id::{Once, PostId, UserId},
    limits,
    markup::{self, Earlier},
    notifications, random,
    request::{Member, Request},
    search::{self, IndexedText},
    sessions,
};

/// Writes a post, or a reply when `parent` is given. The same words sent again with the same `once` within a day are
/// a retry: it is answered as the first was, and writes nothing.
///
/// [`Error::Invalid`] on `body` when it is empty, over [`super::BODY_MAX`] or has too many mentions or tags; [`Error::NotFound`] when the parent is
/// gone, or its author suspended.
pub async fn create(
    cx: &Request,
    me: &Member,
    body: &str,
    parent: Option<PostId>,
    once: Option<Once>,
) -> Result<PostId> {
    let body = check_body(body)?;
    let key = once.map(|once| key(once, parent, &body));
    if let Some(id) = written(cx, me, key.as_ref()).await? {
        return Ok(id);
    }
    limits::counted(&cx.server, (limits::POST, me.id().0), write(cx, me, &body, parent, key.as_ref())).await
}

async fn write(
    cx: &Request,
    me: &Member,
    body: &str,
    parent: Option<PostId>,
    key: Option<&[u8; 32]>,
) -> Result<PostId> {
    let mut tx = sessions::begin(cx, me).await?;
    // Whom the words name is held first: people before posts (docs/decisions/0003).
    let words = markup::render(&mut tx, body, Earlier::None).await?;
    words.check("body")?;
    if let Some(parent) = parent {
        hold(&mut tx, me.id(), parent).await?;
    }
    // With the author's row, so that they are not suspended meanwhile.
    let id = sqlx::query_scalar!(
        r#"
        insert into posts (author_id, parent_id, body, html, render_version)
        select id, $2::bigint, $3::text, $4::text, $5::smallint from users where id = $1 and suspended_at is null for share
        returning id
        "#,
        me.id().0,
        parent.map(|p| p.0),
        body,
        words.html,
        markup::VERSION,
    )
    .fetch_optional(&mut *tx)
    .await?
    // Deleted in another browser, at this very moment.
    .ok_or(Error::SignInNeeded)?;
    if let Some(key) = key
        && !first(&mut tx, (me.id(), PostId(id)), key).await?
    {
        // Another try of the same was quicker: this one was never there.
        tx.rollback().await?;
        return written(cx, me, Some(key)).await?.ok_or(Error::Busy);
    }
    keep_words(&mut tx, id, &words).await?;
    search::index_posts(&mut tx, &[IndexedText { id, text: body.to_owned() }]).await?;
    notifications::of_post(&mut tx, PostId(id), me.id(), parent, &words.people()).await?;
    tx.commit().await?;
    Ok(PostId(id))
}

/// Holds what is answered until the reply is there: whoever deletes it meanwhile finds the reply, or is found out here.
/// At once as strongly as counting the reply does: Postgres 15 sometimes fails at a weaker hold that becomes stronger
/// while others do the same ("new multixact has more than one updating member").
async fn hold(tx: &mut PgConnection, me: UserId, parent: PostId) -> Result<()> {
    sqlx::query!(
        r#"
        select p.id from users me, posts p join users u on u.id = p.author_id
        where me.id = $2 and p.id = $1 and u.suspended_at is null
        for share of me for key share of u for no key update of p
        "#,
        parent.0,
        me.0,
    )
    .fetch_optional(tx)
    .await?
    .map(drop)
    .ok_or(Error::NotFound)
}

/// What a retry has in common with the first try. Other words from the same form (somebody went back and wrote on) are
/// no retry.
fn key(once: Once, parent: Option<PostId>, body: &str) -> [u8; 32] {
    let parent = parent.map_or(0, |p| p.0).to_be_bytes();
    random::hash(&[once.0.as_bytes(), &parent[..], body.as_bytes()].concat())
}

/// What was written with this key, if anything was.
async fn written(cx: &Request, me: &Member, key: Option<&[u8; 32]>) -> Result<Option<PostId>> {
    let Some(key) = key else { return Ok(None) };
    let id =
        sqlx::query_scalar!("select post_id from post_keys where author_id = $1 and key = $2", me.id().0, &key[..])
            .fetch_optional(cx.server.db())
            .await?;
    Ok(id.map(PostId))
}

/// Notes what was written with a key; waits for another try that is about to. Whether this is the first.
async fn first(tx: &mut PgConnection, (author, post): (UserId, PostId), key: &[u8]) -> Result<bool> {
    let noted = sqlx::query!(
        "insert into post_keys (author_id, key, post_id) values ($1, $2, $3) on conflict do nothing",
        author.0,
        key,
        post.0,
    )
    .execute(tx)
    .await?;
    Ok(noted.rows_affected() == 1)
}
