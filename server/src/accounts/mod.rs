//! Accounts: who people are, and what an operator may do about them. A row of `users` exists only once its address is
//! proved and its username chosen.

mod admin;
pub mod change;
mod email;
mod erase;
pub mod export;
pub mod leave;
mod username;
mod visibility;
pub(crate) mod ways_in;

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

/// Holds somebody's row, shared with others, so that they neither leave nor are suspended before the transaction is over:
/// for whoever will write rows of theirs, and first of all (docs/decisions/0003). [`Error::SignInNeeded`] when they have
/// left or are suspended.
pub(crate) async fn stay(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!("select id from users where id = $1 and suspended_at is null for share", user.0)
        .fetch_optional(tx)
        .await?
        .map(drop)
        .ok_or(Error::SignInNeeded)
}

/// What somebody may do besides being a member. In rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Member,
    Moderator,
    Admin,
}

impl Role {
    /// As the table has it; anything unknown is the least.
    pub fn parse(name: &str) -> Self {
        match name {
            "admin" => Self::Admin,
            "moderator" => Self::Moderator,
            _ => Self::Member,
        }
    }

    /// As the table has it.
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

/// A display name as it is stored: one line without tricks, possibly empty.
pub fn display_name(typed: &str) -> Result<String, Invalid> {
    let name = text::clean_line(typed);
    if name.chars().count() > DISPLAY_NAME_MAX {
        return Err(Invalid::one("display_name", "Names can have up to 50 characters."));
    }
    Ok(name)
}
