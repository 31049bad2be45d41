//! Re-renders mentions after a user is renamed or deleted. A mention links to the user it meant when it was written,
//! under the current username, and becomes plain text when that user is deleted; it never links to a later owner of the
//! name. The sweeper re-renders posts and bios in batches, so that neither a rename nor an account deletion waits for
//! all texts that mention the user.

use std::collections::HashMap;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Server, base::error::Result, social::markup};

/// The number of posts or bios in one transaction: few, because others wait for the posts until it ends.
const BATCH: i64 = 25;

/// The renamed or deleted user, and the progress of the work.
struct ChangedUser {
    user_id: i64,
    /// The time of the change: a further change restarts the work from scratch.
    at: OffsetDateTime,
    posts_below: i64,
    bios_above: i64,
}

/// A text with mentions.
struct MentionText {
    id: i64,
    text: String,
}

/// The current username for each name in the texts, by the text's id.
type Usernames = HashMap<i64, HashMap<String, String>>;

/// Re-renders one batch; returns its size. Zero when another instance of the server is working on it.
pub(crate) async fn render_again(server: &Server) -> Result<u64> {
    let mut tx = server.begin().await?;
    let ours = sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(hashtext('changed_usernames')) as "ours!""#);
    if !ours.fetch_one(&mut *tx).await? {
        return Ok(0);
    }
    let changed = sqlx::query_as!(
        ChangedUser,
        "select user_id, at, posts_below, bios_above from changed_usernames order by at limit 1"
    );
    let Some(changed) = changed.fetch_optional(&mut *tx).await? else { return Ok(0) };
    let mut done = posts(&mut tx, &changed).await?;
    if done == 0 {
        done = bios(&mut tx, &changed).await?;
    }
    if done == 0 {
        sqlx::query!("delete from changed_usernames where user_id = $1 and at = $2", changed.user_id, changed.at)
            .execute(&mut *tx)
            .await?;
        done = 1;
    }
    tx.commit().await?;
    Ok(done)
}

async fn posts(tx: &mut PgConnection, changed: &ChangedUser) -> Result<u64> {
    let all = sqlx::query_as!(
        MentionText,
        r#"
        select p.id, p.body as text from post_mentions m join posts p on p.id = m.post_id
        where m.user_id = $1 and m.post_id < $2 order by m.post_id desc limit $3
        "#,
        changed.user_id,
        changed.posts_below,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    let Some(last) = all.last().map(|words| words.id) else { return Ok(0) };
    let ids: Vec<i64> = all.iter().map(|words| words.id).collect();
    // Users before posts (docs/decisions/0003).
    let named = sqlx::query!(
        r#"
        select m.post_id, m.name, u.username from post_mentions m join users u on u.id = m.user_id and u.deleted_at is null
        where m.post_id = any($1) order by u.id for key share of u
        "#,
        &ids,
    )
    .fetch_all(&mut *tx)
    .await?;
    let usernames = usernames(named.into_iter().map(|row| (row.post_id, row.name, row.username)));
    sqlx::query!("select id from posts where id = any($1) order by id for no key update", &ids)
        .fetch_all(&mut *tx)
        .await?;
    for words in &all {
        // A text that was changed since was rendered then; one without HTML is rendered by another task.
        sqlx::query!(
            "update posts set html = $2 where id = $1 and body = $3 and html is not null",
            words.id,
            again(words, &usernames),
            words.text,
        )
        .execute(&mut *tx)
        .await?;
    }
    for statement in [
        sqlx::query!(
            r#"
            delete from post_mentions where post_id = any($1) and user_id = $2
            and not exists (select from users where id = $2 and deleted_at is null)
            "#,
            &ids,
            changed.user_id,
        ),
        sqlx::query!(
            "update changed_usernames set posts_below = $3 where user_id = $1 and at = $2",
            changed.user_id,
            changed.at,
            last,
        ),
    ] {
        statement.execute(&mut *tx).await?;
    }
    Ok(all.len() as u64)
}

async fn bios(tx: &mut PgConnection, changed: &ChangedUser) -> Result<u64> {
    let all = sqlx::query_as!(
        MentionText,
        r#"
        select u.id, u.bio as text from bio_mentions b join users u on u.id = b.owner_id
        where b.user_id = $1 and b.owner_id > $2 order by b.owner_id limit $3
        "#,
        changed.user_id,
        changed.bios_above,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    let Some(last) = all.last().map(|words| words.id) else { return Ok(0) };
    let ids: Vec<i64> = all.iter().map(|words| words.id).collect();
    let named = sqlx::query!(
        r#"
        select b.owner_id, b.name, u.username from bio_mentions b join users u on u.id = b.user_id and u.deleted_at is null
        where b.owner_id = any($1) order by u.id for key share of u
        "#,
        &ids,
    )
    .fetch_all(&mut *tx)
    .await?;
    let usernames = usernames(named.into_iter().map(|row| (row.owner_id, row.name, row.username)));
    // In the order of their ids.
    for words in &all {
        sqlx::query!(
            "update users set bio_html = $2 where id = $1 and bio = $3 and bio_html is not null",
            words.id,
            again(words, &usernames),
            words.text,
        )
        .execute(&mut *tx)
        .await?;
    }
    for statement in [
        sqlx::query!(
            r#"
            delete from bio_mentions where owner_id = any($1) and user_id = $2
            and not exists (select from users where id = $2 and deleted_at is null)
            "#,
            &ids,
            changed.user_id,
        ),
        sqlx::query!(
            "update changed_usernames set bios_above = $3 where user_id = $1 and at = $2",
            changed.user_id,
            changed.at,
            last,
        ),
    ] {
        statement.execute(&mut *tx).await?;
    }
    Ok(all.len() as u64)
}

fn usernames(rows: impl Iterator<Item = (i64, String, String)>) -> Usernames {
    let mut usernames = Usernames::new();
    for (words, name, username) in rows {
        usernames.entry(words).or_default().insert(name, username);
    }
    usernames
}

fn again(words: &MentionText, usernames: &Usernames) -> String {
    markup::again(&words.text, |name| usernames.get(&words.id).and_then(|names| names.get(name).cloned())).0
}
