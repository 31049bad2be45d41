//! Writes the search index: words of posts and names of users, by the tokenizer; and keeps it consistent with the
//! configured languages. Triggers index rows of an older instance until the background work reaches them.

use crate::{
    Server,
    base::{error::Result, tokenizer::IndexedText},
    identity::users,
    social::posts::index_posts,
};

/// The number of posts indexed by one statement.
const BATCH: i64 = 500;

/// The state of the index compared with the configured languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexState {
    /// The index has the languages of `KITH_LANGUAGES`.
    Agreed,
    /// The index has these languages: `kith reindex` has not been run since the change.
    Other(Vec<String>),
    /// Postgres has no such text search configuration.
    Unknown(String),
}

/// Returns the state of the index.
pub async fn standing(server: &Server) -> Result<IndexState> {
    let row = sqlx::query!(
        r#"
        select names, (select l from unnest($1::text[]) l where not exists (select 1 from pg_ts_config where cfgname = l) limit 1) as unknown
        from search_languages
        "#,
        &server.config().languages,
    )
    .fetch_one(server.db())
    .await?;
    Ok(match row.unknown {
        Some(language) => IndexState::Unknown(language),
        None if row.names == server.config().languages => IndexState::Agreed,
        None => IndexState::Other(row.names),
    })
}

/// Applies the configured languages if that costs nothing: there are no posts yet. Returns the state after that.
pub async fn settle(server: &Server) -> Result<IndexState> {
    if let found @ (IndexState::Agreed | IndexState::Unknown(_)) = standing(server).await? {
        return Ok(found);
    }
    sqlx::query!(
        "update search_languages set names = $1 where not exists (select 1 from post_words)",
        &server.config().languages
    )
    .execute(server.db())
    .await?;
    standing(server).await
}

/// Applies the configured languages and indexes all posts again, the newest first, in small transactions. Calls `on_progress`
/// after each with the number done so far. Returns the total.
pub async fn reindex(server: &Server, on_progress: impl Fn(u64)) -> Result<u64> {
    sqlx::query!("update search_languages set names = $1", &server.config().languages).execute(server.db()).await?;
    let (mut below, mut done) = (i64::MAX, 0);
    loop {
        let ids = sqlx::query_scalar!("select id from posts where id < $1 order by id desc limit $2", below, BATCH)
            .fetch_all(server.db())
            .await?;
        let Some(last) = ids.last() else { return Ok(done) };
        below = *last;
        let indexed = write(server, &ids, true).await?;
        // Waits for rows that others lock, one at a time: a transaction with a single lock cannot deadlock.
        for id in ids.iter().filter(|id| !indexed.contains(id)) {
            write(server, &[*id], false).await?;
        }
        done += ids.len() as u64;
        on_progress(done);
    }
}

/// Indexes these posts; with `skip_locked`, skips those that others lock. Returns the indexed ones.
async fn write(server: &Server, ids: &[i64], skip_locked: bool) -> Result<Vec<i64>> {
    let mut tx = server.begin().await?;
    // The row is locked while it is read, so that words of an older text cannot replace those of an edit.
    let locked = if skip_locked {
        sqlx::query_as!(
            IndexedText,
            "select id, body as text from posts where id = any($1) order by id for no key update skip locked",
            ids
        )
        .fetch_all(&mut *tx)
        .await?
    } else {
        sqlx::query_as!(IndexedText, "select id, body as text from posts where id = any($1) for no key update", ids)
            .fetch_all(&mut *tx)
            .await?
    };
    index_posts(&mut tx, &locked).await?;
    tx.commit().await?;
    Ok(locked.into_iter().map(|post| post.id).collect())
}

/// Indexes one batch of posts and of names without tokens: an older instance wrote them, or they are older than the
/// tokenizer. Returns how many; locked rows wait for the next round.
pub(crate) async fn index_missing(server: &Server) -> Result<u64> {
    let ids =
        sqlx::query_scalar!("select post_id from post_words where tokenizer = 0 order by post_id desc limit $1", BATCH)
            .fetch_all(server.db())
            .await?;
    let posts = if ids.is_empty() { 0 } else { write(server, &ids, true).await?.len() };
    Ok((posts + users::index_missing_names(server.db()).await?) as u64)
}
