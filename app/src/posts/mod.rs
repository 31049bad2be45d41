//! Posts: the card in every list, a post's own page with its replies, writing and deleting.
//!
//! A plain form posts to the noun it changes and is answered 303; text that cannot be taken comes back with its
//! message, never lost. The island uses [`create_post`], which shares the verb and the guard.

#[cfg(feature = "ssr")]
pub mod card;
#[cfg(feature = "ssr")]
pub mod composer;
#[cfg(feature = "ssr")]
pub mod forms;
#[cfg(feature = "ssr")]
pub mod page;

#[cfg(feature = "ssr")]
pub use self::{
    forms::{create, delete, reply},
    page::{new, show},
};
use leptos::prelude::*;

use crate::actions::ActionError;

/// The most characters (Unicode scalar values) a post may have.
pub const BODY_MAX: usize = 1_000;

/// Writes a post, or a reply to `parent`, and returns its card as markup for the top (or the end) of the list. It is
/// empty when the post was written but cannot be shown now: that is no failure, or it would be sent twice.
#[server(prefix = "/api", endpoint = "create_post")]
pub async fn create_post(body: String, parent: Option<i64>) -> Result<String, ActionError> {
    use server::{clock, id::PostId, posts};

    use crate::{actions, ui};

    let (cx, me) = actions::member().await?;
    let id = posts::create(&cx, &me, &body, parent.map(PostId)).await.map_err(actions::refuse)?;
    let Ok(mut db) = cx.server.db().acquire().await else { return Ok(String::new()) };
    let Ok(post) = posts::find(&mut db, id, Some(me.id())).await else { return Ok(String::new()) };
    Ok(ui::render(|| card::card(&post, &card::Viewer::Member, clock::now())))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #[test]
    fn the_browser_counts_to_the_same_number() {
        assert_eq!(super::BODY_MAX, server::posts::BODY_MAX);
    }
}
