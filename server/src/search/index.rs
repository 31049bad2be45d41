//! Writing what is searched: words of posts and names of users, by the tokenizer; and keeping posts in step with the
//! setting of languages. Triggers index what an older instance writes, until the background work gets there.

use sqlx::PgConnection;

use super::tokens;
use crate::{Server, error::Result, id::UserId};

/// The version of the tokenizer. Rows with version 0 are indexed by the background work.
pub(crate) const TOKENIZER: i16 = 1;

/// Posts whose words are written by one statement.
const BATCH: i64 = 500;

/// How the words of posts stand to the setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They are kept as `KITH_LANGUAGES` says.
    Agreed,
    /// They are kept for these languages: `kith reindex` has not been run since.
    Other(Vec<String>),
    /// Postgres knows no such text search configuration.
    Unknown(String),
}

/// How they stand.
pub async fn standing(server: &Server) -> Result<Standing> {
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
        Some(language) => Standing::Unknown(language),
        None if row.names == server.config().languages => Standing::Agreed,
        None => Standing::Other(row.names),
    })
}

/// Takes the setting over where that costs nothing: nobody has written yet. Returns how things stand then.
pub async fn settle(server: &Server) -> Result<Standing> {
    if let found @ (Standing::Agreed | Standing::Unknown(_)) = standing(server).await? {
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

/// Takes the setting over and writes the words of all posts again, the newest first, in small transactions. `told` hears
/// after each how many are done. Returns how many there were.
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
        // What somebody else had in hand is waited for, one at a time: who holds one row only waits for nobody in a ring.
        for id in ids.iter().filter(|id| !written.contains(id)) {
            write(server, &[*id], false).await?;
        }
        done += ids.len() as u64;
        told(done);
    }
}

/// Writes the words of these posts; `passing` over those that somebody else has in hand. Returns of which it did.
async fn write(server: &Server, ids: &[i64], passing: bool) -> Result<Vec<i64>> {
    let mut tx = server.begin().await?;
    // The row is held while it is read, so that words of an older text cannot come after those of an edit.
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

/// Indexes one batch of posts and of names that the tokenizer has not seen: an older instance wrote them, or they are from
/// before it. Returns how many; rows that are locked wait for the next round.
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

/// A row and the text that it is found by.
pub(crate) struct IndexedText {
    pub id: i64,
    pub text: String,
}

/// Indexes posts, whose rows the transaction has written or locked.
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

/// Indexes the name of a user, whose row the transaction has written.
pub(crate) async fn index_name(tx: &mut PgConnection, user: UserId) -> Result<()> {
    let name = sqlx::query_as!(
        IndexedText,
        r#"select id, username || ' ' || display_name as "text!" from users where id = $1"#,
        user.0
    );
    let names = name.fetch_all(&mut *tx).await?;
    index_names(tx, &names).await
}

/// Indexes the names of users, whose rows the transaction has written or locked.
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
