//! What lets somebody in besides their mailbox. The last of these cannot be removed: a mailbox may be lost, or its mails
//! held up by whoever carries them.

use sqlx::PgConnection;

use crate::{
    Server,
    error::{Invalid, Result},
    id::UserId,
};

/// Whether somebody has a password.
pub(crate) async fn has_password(db: &mut PgConnection, user: UserId) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select exists (select 1 from passwords where user_id = $1) as "has!""#, user.0)
        .fetch_one(db)
        .await?)
}

/// Refuses, inside the transaction that removes a way in and holds the person's row, to remove the last: of two at once
/// the second sees what the first left. An account elsewhere counts only while its provider is in the settings: nobody
/// comes in with another.
///
/// [`crate::Error::Invalid`] when none is left; the caller's transaction rolls back.
pub(crate) async fn keep_one((tx, server): (&mut PgConnection, &Server), user: UserId) -> Result<()> {
    let (slugs, issuers): (Vec<String>, Vec<String>) =
        server.providers().iter().map(|provider| (provider.slug().to_string(), provider.issuer())).unzip();
    let left = sqlx::query_scalar!(
        r#"
        select exists (select 1 from passwords where user_id = $1)
            or exists (
                select 1 from identities
                where user_id = $1 and (provider, issuer) in (select * from unnest($2::text[], $3::text[]))
            ) as "left!"
        "#,
        user.0,
        &slugs,
        &issuers,
    )
    .fetch_one(tx)
    .await?;
    if left {
        return Ok(());
    }
    Err(Invalid::one("", "That is the only thing your account opens with besides mail. Add another first.").into())
}
