//! Posts: the card in every list, a post's own page in its conversation, writing, editing and deleting.
//!
//! A plain form posts to the noun it changes and is answered 303; a refused text returns with its message and is never
//! lost. The island uses [`create_post`] and [`edit_post`], which share the verbs and the guard.

#[cfg(feature = "ssr")]
pub mod card;
#[cfg(feature = "ssr")]
pub mod composer;
#[cfg(feature = "ssr")]
pub mod edit;
#[cfg(feature = "ssr")]
pub mod forms;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
mod thread;

#[cfg(feature = "ssr")]
pub use self::{
    edit::{change, edit, history},
    forms::{create, delete, reply},
    page::{new, show},
};
use leptos::prelude::*;

use crate::actions::ActionError;

/// The most characters (Unicode scalar values) a post may have.
pub const BODY_MAX: usize = 1_000;

/// Creates a post, or a reply to `parent`, and returns its card as markup for the top (or the end) of the list. The
/// card is empty if the post was saved but cannot be shown now: this is no error, or the user would send it twice. A
/// retry has the same `once`.
#[server(prefix = "/api", endpoint = "create_post")]
pub async fn create_post(
    for_user: Option<i64>,
    body: String,
    parent: Option<i64>,
    once: Option<String>,
) -> Result<String, ActionError> {
    use server::{
        Invalid,
        base::{clock, id::PostId},
        social::posts,
    };

    use crate::{actions, ui};

    let (cx, me) = actions::member(for_user).await?;
    let once = once.map(|once| once.parse()).transpose().map_err(|_| actions::refuse(Invalid::default().into()))?;
    let id = posts::create(&cx, &me, &body, parent.map(PostId), once).await.map_err(actions::refuse)?;
    let Ok(mut db) = cx.server.db().acquire().await else { return Ok(String::new()) };
    let Ok(post) = posts::find(&mut db, id, Some(me.id())).await else { return Ok(String::new()) };
    Ok(ui::render(|| card::card(&post, &card::Viewer::Member, clock::now())))
}

/// Changes the text of a post of the signed-in user. The post's page shows that it was edited.
#[server(prefix = "/api", endpoint = "edit_post")]
pub async fn edit_post(for_user: Option<i64>, post: i64, body: String) -> Result<(), ActionError> {
    let (cx, me) = crate::actions::member(for_user).await?;
    server::social::posts::edit(&cx, &me, server::base::id::PostId(post), &body)
        .await
        .map_err(crate::actions::refuse)?;
    crate::actions::say(&cx.server, crate::flash::Flash::Edited);
    Ok(())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #[test]
    fn the_browser_counts_to_the_same_number() {
        assert_eq!(super::BODY_MAX, server::social::posts::BODY_MAX);
    }
}
