//! Changes of the e-mail address, the username and the password. Each needs elevation and sends a notice by mail. Each
//! revokes the other sessions if an attacker could have used the old credential.

mod email;
mod password;
mod username;

use sqlx::PgConnection;

use crate::{
    base::error::Result,
    identity::{
        auth::reset,
        email_links,
        sessions::{self, request::Elevated},
    },
};

pub use email::{change_email, request_email, undo_email};
pub use password::{change_password, remove_password};
pub use username::change_username;

/// Runs after a change of a credential: signs out all other devices and deletes the codes and reset links mailed
/// before. Keeps the link that revokes this very session: if an attacker uses the session, a change must not take that
/// link from the owner.
pub(super) async fn end_other_ways(tx: &mut PgConnection, me: &Elevated) -> Result<()> {
    sessions::revoke_others_in(tx, me).await?;
    reset::end_codes(tx, me.id()).await?;
    email_links::revoke_others(tx, me.id(), me.device, me.key.as_str()).await
}
