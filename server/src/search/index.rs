//! Writes the search index: words of posts and names of users, by the tokenizer; and keeps it consistent with the
//! configured languages. Triggers index rows of an older instance until the background work reaches them.

use sqlx::PgConnection;

use super::tokens;
use crate::{Server, error::Result, id::UserId};

/// The version of the tokenizer. Rows with version 0 are indexed by the background work.
pub(crate) const TOKENIZER: i16 = 1;

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

/// Applies the configured languages and indexes all posts again, the newest first, in small transactions. Calls `told`
/// after each with the number done so far. Returns the total.
pub async fn reindex(server: &Server, told: impl Fn(u64)) -> Result<u64> {
    sqlx::query!("update search_languages set names = $1", &server.config().languages).execute(server.db()).await?;
    let (mut below, mut done) = (i64::MAX, 0);
    loop {
        let ids = sqlx::query_scalar!("select id from posts where id < $1 order by id desc limit $2", below, BATCH)
            .fetch_all(server.db())
            .await?;
        let Some(last) = ids.last() else { return Ok(done) };
        below = *last;
        let written = write(server, &ids, true).await?;
        // Waits for rows that others lock, one at a time: a transaction with a single lock cannot deadlock.
        for id in ids.iter().filter(|id| !written.contains(id)) {
            write(server, &[*id], false).await?;
        }
        done += ids.len() as u64;
        told(done);
    }
}

/// Indexes these posts; with `passing`, skips those that others lock. Returns the indexed ones.
async fn write(server: &Server, ids: &[i64], passing: bool) -> Result<Vec<i64>> {
    let mut tx = server.begin().await?;
    // The row is locked while it is read, so that words of an older text cannot replace those of an edit.
    let held = match passing {
        true => {
            sqlx::query_as!(
                IndexedText,
                "select id, body as text from posts where id = any($1) order by id for no key update skip locked",
                ids
            )
            .fetch_all(&mut *tx)
            .await?
        }
        false => {
            sqlx::query_as!(IndexedText, "select id, body as text from posts where id = any($1) for no key update", ids)
                .fetch_all(&mut *tx)
                .await?
        }
    };
    index_posts(&mut tx, &held).await?;
    tx.commit().await?;
    Ok(held.into_iter().map(|post| post.id).collect())
}

/// Indexes one batch of posts and of names without tokens: an older instance wrote them, or they are older than the
/// tokenizer. Returns how many; locked rows wait for the next round.
pub(crate) async fn index_missing(server: &Server) -> Result<u64> {
    let ids =
        sqlx::query_scalar!("select post_id from post_words where tokenizer = 0 order by post_id desc limit $1", BATCH)
            .fetch_all(server.db())
            .await?;
    let posts = if ids.is_empty() { 0 } else { write(server, &ids, true).await?.len() };
    let mut tx = server.begin().await?;
    let users = sqlx::query_as!(
        IndexedText,
        r#"
        select id, username || ' ' || display_name as "text!" from users
        where name_tokenizer = 0 order by id limit $1 for no key update skip locked
        "#,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    index_names(&mut tx, &users).await?;
    tx.commit().await?;
    Ok((posts + users.len()) as u64)
}

/// A row and its searchable text.
pub(crate) struct IndexedText {
    pub id: i64,
    pub text: String,
}

/// Indexes posts. The transaction must have written or locked their rows.
pub(crate) async fn index_posts(tx: &mut PgConnection, posts: &[IndexedText]) -> sqlx::Result<()> {
    let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
    let (lexemes, words): (Vec<String>, Vec<String>) = posts
        .iter()
        .map(|post| tokens::document(&post.text))
        .map(|document| (document.lexemes, document.words))
        .unzip();
    sqlx::query!(
        r#"
        insert into post_words (post_id, language, words, body_hash, tokenizer)
        select p.id, l.language, search_words(p.id, l.language, d.lexemes, d.words), hashtextextended(p.body, 0), $4::smallint
        from unnest($1::bigint[], $2::text[], $3::text[]) as d (id, lexemes, words)
        join posts p on p.id = d.id
        cross join lateral (select post_language(d.words) as language) l
        on conflict (post_id) do update set language = excluded.language, words = excluded.words,
            body_hash = excluded.body_hash, tokenizer = excluded.tokenizer
        "#,
        &ids,
        &lexemes,
        &words,
        TOKENIZER,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Indexes the name of a user. The transaction must have written the row.
pub(crate) async fn index_name(tx: &mut PgConnection, user: UserId) -> Result<()> {
    let name = sqlx::query_as!(
        IndexedText,
        r#"select id, username || ' ' || display_name as "text!" from users where id = $1"#,
        user.0
    );
    let names = name.fetch_all(&mut *tx).await?;
    index_names(tx, &names).await
}

/// Indexes the names of users. The transaction must have written or locked their rows.
async fn index_names(tx: &mut PgConnection, users: &[IndexedText]) -> Result<()> {
    let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
    let (lines, lexemes): (Vec<String>, Vec<String>) = users
        .iter()
        .map(|user| tokens::name(&user.text))
        .map(|name| (name.line, name.lexemes.iter().map(|lexeme| format!("'{lexeme}' ")).collect()))
        .unzip();
    sqlx::query!(
        r#"
        update users u set name_line = d.line, name_words = d.lexemes::tsvector, name_tokenizer = $4
        from unnest($1::bigint[], $2::text[], $3::text[]) as d (id, line, lexemes) where u.id = d.id
        "#,
        &ids,
        &lines,
        &lexemes,
        TOKENIZER,
    )
    .execute(tx)
    .await?;
    Ok(())
}
