//! Follows: the button on a profile and beside suggestions, as a plain form and as the island's call.

#[cfg(feature = "ssr")]
pub mod forms;

#[cfg(feature = "ssr")]
pub use self::forms::set;
use leptos::prelude::*;

use crate::actions::ActionError;

/// Follows a user, or unfollows them, and returns the number of their followers now.
#[server(prefix = "/api", endpoint = "set_follow")]
pub async fn set_follow(for_user: Option<i64>, username: String, follow: bool) -> Result<i64, ActionError> {
    let (cx, me) = crate::actions::member(for_user).await?;
    let standing = server::social::follows::set(&cx, &me, &username, follow).await;
    standing.map(|s| s.followers).map_err(crate::actions::refuse)
}
