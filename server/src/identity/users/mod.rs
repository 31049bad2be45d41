//! The rows of `users`: the role, the names, the locks. A row exists only once its address is verified and its username
//! chosen.

mod email;
mod name_index;
mod username;

use sqlx::{PgConnection, PgPool};

use crate::base::{
    error::{Error, Invalid, Result},
    id::UserId,
    text,
};

pub use email::Email;
pub(crate) use name_index::{index_missing_names, index_name};
pub use username::{Username, alternatives};
pub(crate) use username::{lock_username, reserve_username};

/// Locks the user's row, so that the user gets no session before the transaction ends: one opened at the same time
/// would otherwise be missed, and survive. Every transaction that opens or ends sessions, links or codes locks the
/// user's row first, so that two that want the same rows wait for each other in one order.
pub(crate) async fn lock(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!("select id from users where id = $1 for update", user.0).fetch_optional(tx).await?;
    Ok(())
}

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

/// The account data that only its user sees.
pub struct Account {
    pub email: String,
    pub has_password: bool,
}

/// Returns the account data of a user.
pub async fn account(db: &PgPool, user: UserId) -> Result<Account> {
    Ok(sqlx::query_as!(
        Account,
        r#"
        select u.email, p.user_id is not null as "has_password!"
        from users u left join passwords p on p.user_id = u.id where u.id = $1
        "#,
        user.0,
    )
    .fetch_one(db)
    .await?)
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

/// A user, for display: enough for an avatar, a name and a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSummary {
    pub id: UserId,
    pub username: String,
    /// May be empty; show [`UserSummary::name`] instead.
    pub display_name: String,
    /// The id of an uploaded avatar, if any.
    pub avatar: Option<String>,
}

impl UserSummary {
    /// Returns the name to show: the display name, or the username if that is empty.
    pub fn name(&self) -> &str {
        if self.display_name.is_empty() { &self.username } else { &self.display_name }
    }
}
