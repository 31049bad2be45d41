//! Likes: the button in every list, as a plain form and as the island's call.

#[cfg(feature = "ssr")]
pub mod forms;

#[cfg(feature = "ssr")]
pub use self::forms::set;
use leptos::prelude::*;

use crate::actions::ActionError;

/// Likes a post, or removes the like, and returns the number of likes now.
#[server(prefix = "/api", endpoint = "set_like")]
pub async fn set_like(for_user: Option<i64>, post: i64, like: bool) -> Result<i64, ActionError> {
    let (cx, me) = crate::actions::member(for_user).await?;
    let standing = server::social::likes::set(&cx, &me, server::base::id::PostId(post), like).await;
    standing.map(|s| s.likes).map_err(crate::actions::refuse)
}
