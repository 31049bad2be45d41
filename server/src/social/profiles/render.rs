//! Updates profiles that were written under older text rules.

use std::collections::HashMap;

use sqlx::PgConnection;

use crate::{
    Server,
    base::{error::Result, text},
    social::markup,
};

/// The number of users in one transaction.
const BATCH: i64 = 200;

/// Re-renders the bios of one batch of users and cleans their other fields; returns the number of users. A bio keeps
/// its mentions, as posts do.
pub async fn render_outdated(server: &Server) -> Result<u64> {
    let mut tx = server.begin().await?;
    let ids = sqlx::query_scalar!("select id from users where bio_version < 1 order by id limit $1", BATCH)
        .fetch_all(&mut *tx)
        .await?;
    let users = sqlx::query!(
        r#"
        select id, display_name, bio, pronouns, place from users where id = any($1) and bio_version < 1
        order by id for no key update skip locked
        "#,
        &ids,
    )
    .fetch_all(&mut *tx)
    .await?;
    let usernames = current_usernames(&mut tx, &ids).await?;
    for user in &users {
        let names = usernames.get(&user.id);
        let usernames = |name: &str| names.and_then(|names| names.get(name).cloned());
        let html = (!user.bio.is_empty()).then(|| markup::again(&user.bio, usernames).0);
        sqlx::query!(
            r#"
            update users set bio_html = $2, bio_version = $3, display_name = $4, pronouns = $5, place = $6 where id = $1
            "#,
            user.id,
            html,
            markup::VERSION,
            text::clean_line(&user.display_name),
            text::clean_line(&user.pronouns),
            text::clean_line(&user.place),
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(users.len() as u64)
}

/// Returns the current usernames by the names in the bios. Not locked: a user who is renamed at this moment is
/// re-rendered for that (see [`crate::social::mentions`]).
async fn current_usernames(tx: &mut PgConnection, ids: &[i64]) -> Result<HashMap<i64, HashMap<String, String>>> {
    let rows = sqlx::query!(
        r#"
        select b.owner_id, b.name, u.username from bio_mentions b join users u on u.id = b.user_id
        where b.owner_id = any($1)
        "#,
        ids,
    )
    .fetch_all(tx)
    .await?;
    let mut usernames: HashMap<i64, HashMap<String, String>> = HashMap::new();
    for row in rows {
        usernames.entry(row.owner_id).or_default().insert(row.name, row.username);
    }
    Ok(usernames)
}
