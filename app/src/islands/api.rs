//! The functions on the server that islands call. Each makes the same change as a plain form, and has its rules.

use leptos::prelude::*;

use super::ActionError;

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

    use super::action;
    use crate::ui::{self, post_card};

    let (cx, me) = action::member(for_user).await?;
    let once = once.map(|once| once.parse()).transpose().map_err(|_| action::refuse(Invalid::default().into()))?;
    let id = posts::create(&cx, &me, &body, parent.map(PostId), once).await.map_err(action::refuse)?;
    let Ok(mut db) = cx.server.db().acquire().await else { return Ok(String::new()) };
    let Ok(post) = posts::find(&mut db, id, Some(me.id())).await else { return Ok(String::new()) };
    Ok(ui::render(|| post_card::card(&post, &post_card::Viewer::Member, clock::now())))
}

/// Changes the text of a post of the signed-in user. The post's page shows that it was edited.
#[server(prefix = "/api", endpoint = "edit_post")]
pub async fn edit_post(for_user: Option<i64>, post: i64, body: String) -> Result<(), ActionError> {
    let (cx, me) = super::action::member(for_user).await?;
    server::social::posts::edit(&cx, &me, server::base::id::PostId(post), &body)
        .await
        .map_err(super::action::refuse)?;
    super::action::say(&cx.server, crate::page::flash::Flash::Edited);
    Ok(())
}

/// Likes a post, or removes the like, and returns the number of likes now.
#[server(prefix = "/api", endpoint = "set_like")]
pub async fn set_like(for_user: Option<i64>, post: i64, like: bool) -> Result<i64, ActionError> {
    let (cx, me) = super::action::member(for_user).await?;
    let standing = server::social::likes::set(&cx, &me, server::base::id::PostId(post), like).await;
    standing.map(|s| s.likes).map_err(super::action::refuse)
}

/// Follows a user, or unfollows them, and returns the number of their followers now.
#[server(prefix = "/api", endpoint = "set_follow")]
pub async fn set_follow(for_user: Option<i64>, username: String, follow: bool) -> Result<i64, ActionError> {
    let (cx, me) = super::action::member(for_user).await?;
    let standing = server::social::follows::set(&cx, &me, &username, follow).await;
    standing.map(|s| s.followers).map_err(super::action::refuse)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #[test]
    fn client_and_server_share_the_post_length_limit() {
        assert_eq!(super::BODY_MAX, server::social::posts::BODY_MAX);
    }
}
