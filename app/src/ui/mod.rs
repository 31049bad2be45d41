//! The parts of every page: the document and its two shells, forms, avatars, times, icons, errors.
//!
//! A view is a pure function of loaded data: nothing in here queries a database, a clock or a network. Only
//! [`textarea`] and [`prose`] (sanitised when it was written) write markup from text, and no element carries a `style`
//! attribute or a script: the content policy forbids both.

pub mod avatar;
pub mod back;
pub mod button;
pub mod empty;
pub mod error_page;
pub mod follow;
pub mod form;
pub mod head;
pub mod icon;
pub mod layout;
pub mod nav;
pub mod page;
pub mod pager;
pub mod people;
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
    form::{Field, checkbox, error_summary, hidden, textarea},
    icon::{Icon, icon},
    page::{Page, Shell, Tab},
    prose::prose,
    safe_href::safe_href,
    when::when,
};

/// Renders the view that `view` makes. It is called inside the owner that islands need; nothing outlives the call.
pub fn render<V: IntoView>(view: impl FnOnce() -> V) -> String {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| view().into_view().to_html());
    owner.cleanup();
    html
}
