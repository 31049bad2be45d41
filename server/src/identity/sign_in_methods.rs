//! The ways to sign in besides the mailbox. The last of these cannot be removed: a user may lose the mailbox, or a mail
//! provider may delay the mails.

use sqlx::PgConnection;

use crate::{
    Server,
    base::{
        error::{Invalid, Result},
        id::UserId,
    },
};

/// Returns true if the user has a password.
pub(crate) async fn has_password(db: &mut PgConnection, user: UserId) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select exists (select 1 from passwords where user_id = $1) as "has!""#, user.0)
        .fetch_one(db)
        .await?)
}

/// Fails if the transaction removes the last way to sign in. Runs inside that transaction, which locks the user's row:
/// of two concurrent removals, the second sees the result of the first. An identity counts only while its provider is
/// configured, because only then can the user sign in with it.
///
/// [`crate::Error::Invalid`] when none is left; the caller's transaction rolls back.
pub(crate) async fn require_one((tx, server): (&mut PgConnection, &Server), user: UserId) -> Result<()> {
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
