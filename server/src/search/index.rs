//! Keeping what is searched in step with the setting. The words themselves are kept by triggers (see the migration).

use crate::{Server, error::Result};

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
            sqlx::query_scalar!(
                "select id from posts where id = any($1) order by id for no key update skip locked",
                ids
            )
            .fetch_all(&mut *tx)
            .await?
        }
        false => {
            sqlx::query_scalar!("select id from posts where id = any($1) for no key update", ids)
                .fetch_all(&mut *tx)
                .await?
        }
    };
    sqlx::query!(
        r#"
        insert into post_words (post_id, language, words)
        select p.id, l.language, post_words_of(p.id, l.language, p.body)
        from posts p cross join lateral (select post_language(p.body) as language) l
        where p.id = any($1)
        on conflict (post_id) do update set language = excluded.language, words = excluded.words
        "#,
        &held
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(held)
}
