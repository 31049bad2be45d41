//! Creates posts.

use sqlx::PgConnection;

use super::{check_body, keep_words};
use crate::{
    base::{
        error::{Error, Result},
        id::{Once, PostId, UserId},
        random,
        tokenizer::IndexedText,
    },
    identity::sessions::{
        self,
        request::{Member, Request},
    },
    limits,
    social::{
        markup::{self, Earlier},
        notifications,
        posts::index_posts,
    },
};

/// Creates a post, or a reply when `parent` is given. The same text sent again with the same `once` within a day is a
/// retry: it gets the response of the first attempt, and writes nothing.
///
/// [`Error::Invalid`] on `body` when it is empty, over [`super::BODY_MAX`] or has too many mentions or tags;
/// [`Error::NotFound`] when the parent is deleted, or its author suspended.
pub async fn create(
    cx: &Request,
    me: &Member,
    body: &str,
    parent: Option<PostId>,
    once: Option<Once>,
) -> Result<PostId> {
    let body = check_body(body)?;
    let key = once.map(|once| key(once, parent, &body));
    if let Some(id) = find_by_key(cx, me, key.as_ref()).await? {
        return Ok(id);
    }
    limits::counted(cx.server.db(), (limits::POST, me.id().0), write(cx, me, &body, parent, key.as_ref())).await
}

async fn write(
    cx: &Request,
    me: &Member,
    body: &str,
    parent: Option<PostId>,
    key: Option<&[u8; 32]>,
) -> Result<PostId> {
    let mut tx = sessions::begin(cx, me).await?;
    // Locks the mentioned users first: users before posts (docs/decisions/0003).
    let words = markup::render(&mut tx, body, Earlier::None).await?;
    words.check("body")?;
    if let Some(parent) = parent {
        lock_parent(&mut tx, me.id(), parent).await?;
    }
    // Locks the author's row too, so that the author is not suspended in the meantime.
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
    // The account was deleted in another browser at this moment.
    .ok_or(Error::SignInNeeded)?;
    if let Some(key) = key
        && !first(&mut tx, (me.id(), PostId(id)), key).await?
    {
        // A concurrent attempt was faster: this one is rolled back.
        tx.rollback().await?;
        return find_by_key(cx, me, Some(key)).await?.ok_or(Error::Busy);
    }
    keep_words(&mut tx, id, &words).await?;
    index_posts(&mut tx, &[IndexedText { id, text: body.to_owned() }]).await?;
    notifications::of_post(&mut tx, PostId(id), me.id(), parent, &words.people()).await?;
    tx.commit().await?;
    Ok(PostId(id))
}

/// Locks the answered post until the reply is committed: a concurrent deletion either sees the reply or is detected
/// here. Locks it at once as strongly as counting the reply does: Postgres 15 sometimes fails when a weaker lock
/// becomes stronger while others do the same ("new multixact has more than one updating member").
async fn lock_parent(tx: &mut PgConnection, me: UserId, parent: PostId) -> Result<()> {
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

/// Returns the key that a retry has in common with the first attempt. Another text from the same form (the user went
/// back and wrote on) is no retry.
fn key(once: Once, parent: Option<PostId>, body: &str) -> [u8; 32] {
    let parent = parent.map_or(0, |p| p.0).to_be_bytes();
    random::hash(&[once.0.as_bytes(), &parent[..], body.as_bytes()].concat())
}

/// Returns the post with this key, if there is one.
async fn find_by_key(cx: &Request, me: &Member, key: Option<&[u8; 32]>) -> Result<Option<PostId>> {
    let Some(key) = key else { return Ok(None) };
    let id =
        sqlx::query_scalar!("select post_id from post_keys where author_id = $1 and key = $2", me.id().0, &key[..])
            .fetch_optional(cx.server.db())
            .await?;
    Ok(id.map(PostId))
}

/// Stores the key of a post; waits for a concurrent attempt with the same key. Returns true if this is the first.
async fn first(tx: &mut PgConnection, (author, post): (UserId, PostId), key: &[u8]) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into post_keys (author_id, key, post_id) values ($1, $2, $3) on conflict do nothing",
        author.0,
        key,
        post.0,
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}
