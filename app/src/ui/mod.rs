//! The components of pages: form fields, buttons, avatars, times, icons, cards.
//!
//! A view is a pure function of loaded data: nothing in here queries a database, a clock or a network. Only
//! [`textarea`] and [`prose`] (sanitised when it was written) write markup from text, and no element carries a `style`
//! attribute or a script: the content policy forbids both.

pub mod avatar;
pub mod back;
pub mod button;
pub mod empty;
pub mod follow;
pub mod form;
pub mod icon;
pub mod mark;
pub mod pager;
pub mod people;
pub mod post_card;
pub mod prose;
pub mod safe_href;
pub mod share;
pub mod textarea;
pub mod trending;
pub mod when;
#[cfg(test)]
pub(crate) mod xss;

use std::sync::Arc;

use hydration_context::SsrSharedContext;
use leptos::prelude::*;

pub use self::{
    avatar::{Size, avatar},
    button::{Weight, button, button_link, submit},
    follow::FollowButton,
    form::{Field, checkbox, error_summary, hidden},
    icon::{Icon, icon},
    prose::prose,
    safe_href::safe_href,
    textarea::textarea,
    when::when,
};

/// Renders the view that `view` makes. It is called inside the owner that islands need; nothing outlives the call.
pub fn render<V: IntoView>(view: impl FnOnce() -> V) -> String {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| view().into_view().to_html());
    owner.cleanup();
    html
}
