//! Accounts: the identity of users, and the operator's commands about them. A row of `users` exists only once its
//! address is verified and its username chosen.

mod admin;
pub mod change;
mod email;
mod erase;
pub mod export;
pub mod leave;
pub(crate) mod sign_in_methods;
mod username;
mod visibility;

pub(crate) use admin::restore_due;
pub use admin::{
    INVITATION_HOURS, Listed, MAX_SUSPENSION_HOURS, Suspension, find, history, invite, list, restore, set_role, show,
    sign_out_everywhere, start_reset, suspend, withdraw_invitation,
};
pub use email::Email;
pub(crate) use erase::enqueue_missing;
pub use erase::erase;
pub use username::{Username, alternatives};
pub(crate) use username::{decide, reserve};
pub(crate) use visibility::settle;

use sqlx::PgConnection;

use crate::{
    error::{Error, Invalid, Result},
    id::UserId,
    text,
};

/// Locks the user's row in share mode, so that the user is neither deleted nor suspended before the transaction ends.
/// Take this lock first, before writing rows of that user (docs/decisions/0003). [`Error::SignInNeeded`] when the user
/// is deleted or suspended.
pub(crate) async fn lock_shared_active(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!("select id from users where id = $1 and suspended_at is null for share", user.0)
        .fetch_optional(tx)
        .await?
        .map(drop)
        .ok_or(Error::SignInNeeded)
}

/// The permissions of a user, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Member,
    Moderator,
    Admin,
}

impl Role {
    /// Parses the value of the table; any unknown value gives the lowest role.
    pub fn parse(name: &str) -> Self {
        match name {
            "admin" => Self::Admin,
            "moderator" => Self::Moderator,
            _ => Self::Member,
        }
    }

    /// Returns the value for the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }
}

/// The most characters of a display name.
pub const DISPLAY_NAME_MAX: usize = 50;

/// Cleans a display name for storage: one line without invisible characters, possibly empty.
pub fn display_name(typed: &str) -> Result<String, Invalid> {
    let name = text::clean_line(typed);
    if name.chars().count() > DISPLAY_NAME_MAX {
        return Err(Invalid::one("display_name", "Names can have up to 50 characters."));
    }
    Ok(name)
}
