//! What opens an account: it must never be left without anything but mail.

use sqlx::PgConnection;

use crate::{
    error::{Invalid, Result},
    id::UserId,
};

/// Refuses a change that has just taken away somebody's last password or identity. Called at the end of the transaction
/// that did, which began by holding the account (`select … for update`): of two such changes the second sees what the
/// first left.
pub(crate) async fn keep_one(tx: &mut PgConnection, user: UserId) -> Result<()> {
    let left = sqlx::query_scalar!(
        r#"
        select exists (select 1 from passwords where user_id = $1)
            or exists (select 1 from identities where user_id = $1) as "left!"
        "#,
        user.0,
    )
    .fetch_one(tx)
    .await?;
    let why = "That is the only thing your account opens with. Set a password or connect another account first.";
    if left { Ok(()) } else { Err(Invalid::one("", why).into()) }
}
