//! The search index of names: the columns `name_line` and `name_words` of `users`.

use sqlx::{PgConnection, PgPool};

use crate::base::{
    error::Result,
    id::UserId,
    tokenizer::{self, IndexedText, TOKENIZER},
};

/// The most names indexed by one statement.
const BATCH: i64 = 500;

/// Indexes one batch of names without tokens: an older instance wrote them, or they are older than the tokenizer.
/// Returns how many; locked rows wait for the next round.
pub(crate) async fn index_missing_names(db: &PgPool) -> Result<usize> {
    let mut tx = db.begin().await?;
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
    Ok(users.len())
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
        .map(|user| tokenizer::name(&user.text))
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
