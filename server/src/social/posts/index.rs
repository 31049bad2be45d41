//! The search index of posts: the table `post_words`.

use sqlx::PgConnection;

use crate::base::tokenizer::{self, IndexedText, TOKENIZER};

/// Indexes posts. The transaction must have written or locked their rows.
pub(crate) async fn index_posts(tx: &mut PgConnection, posts: &[IndexedText]) -> sqlx::Result<()> {
    let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
    let (lexemes, words): (Vec<String>, Vec<String>) = posts
        .iter()
        .map(|post| tokenizer::document(&post.text))
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
