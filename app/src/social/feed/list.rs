//! A list of posts: one form and one island around all of them, never one in each.

use leptos::prelude::*;
use server::{base::id::PostId, social::feed::Page};
use time::OffsetDateTime;

use crate::{
    islands::PostList,
    page::visit::Visit,
    paths,
    ui::{
        hidden, pager,
        post_card::{Viewer, card},
    },
};

/// The content of a list.
pub struct List<'a> {
    page: &'a Page,
    /// The path of the list's older pages.
    base: String,
    /// The page that a plain form returns to.
    next: String,
    viewer: Viewer,
    now: OffsetDateTime,
}

impl<'a> List<'a> {
    /// Creates the list of the posts of `page`, which starts below `before`, with the older ones at `base`.
    pub fn new(visit: &Visit, page: &'a Page, base: impl Into<String>, before: Option<PostId>) -> Self {
        let base = base.into();
        Self {
            page,
            next: before.map_or_else(|| base.clone(), |id| paths::before(&base, id)),
            base,
            viewer: Viewer::of(visit.me()),
            now: server::base::clock::now(),
        }
    }

    /// The cards and the link to older posts, without anything around them.
    pub fn items(&self) -> impl IntoView + use<> {
        let cards = self.page.items.iter().map(|post| card(post, &self.viewer, self.now)).collect_view();
        let older = self.page.next.map(|id| paths::before(&self.base, id));
        view! { {cards}{pager::older(older)} }
    }

    /// The list in the form that its buttons send.
    pub fn form(&self) -> impl IntoView + use<> {
        let (next, items) = (self.next.clone(), self.items());
        view! { <form class="posts" method="post">{hidden("next", next)}{items}</form> }
    }
}

/// The list on its sheet, in its island.
pub fn list(list: List<'_>) -> impl IntoView + use<> {
    let form = list.form();
    view! { <section class="sheet" aria-label="Posts">{form}<PostList /></section> }
}
