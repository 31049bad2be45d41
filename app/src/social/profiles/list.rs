//! The lists of a profile.

use leptos::{prelude::*, tachys::view::any_view::AnyView};
use server::{
    base::{clock, error::Result, id::UserId},
    db::Connection,
    social::{
        feed, posts,
        profiles::{self, Liked, Replies, Reply},
    },
};

use super::Part;
use crate::{
    page::{page_query::PageQuery, visit::Visit},
    paths,
    ui::{
        pager,
        post_card::{Viewer, card},
    },
};

/// One page of a list of a profile.
pub(super) enum ProfileList {
    Posts(feed::Page),
    Replies(Replies),
    Likes(Liked),
}

impl ProfileList {
    /// Loads the list of `person`, as `viewer` sees it. One statement.
    pub async fn load(
        db: &mut Connection,
        (person, viewer): (UserId, Option<UserId>),
        place: &PageQuery,
        part: Part,
    ) -> Result<Self> {
        Ok(match part {
            Part::Posts => Self::Posts(feed::by_author(db, person, viewer, place.before()?).await?),
            Part::Replies => Self::Replies(profiles::replies(db, person, viewer, place.before()?).await?),
            Part::Likes => Self::Likes(profiles::liked(db, person, viewer, place.mark()?).await?),
        })
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Self::Posts(page) => page.items.is_empty(),
            Self::Replies(page) => page.items.is_empty(),
            Self::Likes(liked) => liked.items.is_empty(),
        }
    }

    /// The cards, and the link to the older ones at `base`.
    pub fn items(&self, visit: &Visit, base: &str) -> AnyView {
        let (viewer, now) = (Viewer::of(visit.me()), clock::now());
        let cards = |posts: &[posts::Post]| posts.iter().map(|post| card(post, &viewer, now)).collect_view();
        let (cards, older) = match self {
            Self::Posts(page) => (cards(&page.items).into_any(), page.next.map(|id| paths::before(base, id))),
            Self::Likes(liked) => (cards(&liked.items).into_any(), liked.next.map(|mark| paths::before(base, mark))),
            Self::Replies(page) => {
                let lines = page.items.iter().map(|reply| {
                    let (above, card) = (answers(reply), card(&reply.post, &viewer, now));
                    view! { {above}{card} }
                });
                (lines.collect_view().into_any(), page.next.map(|id| paths::before(base, id)))
            }
        };
        view! { {cards}{pager::older(older)} }.into_any()
    }
}

/// The line above a reply: the user that it answers.
fn answers(reply: &Reply) -> impl IntoView + use<> {
    match (reply.post.parent, &reply.to) {
        (Some(parent), Some(to)) => {
            view! { <p class="answers">"In reply to "<a href=paths::post(parent)>{format!("@{to}")}</a></p> }.into_any()
        }
        _ => view! { <p class="answers">"In reply to a deleted post"</p> }.into_any(),
    }
}
