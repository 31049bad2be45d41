//! The few interactive things. Each is one island beside plain forms that work without it; it listens on the document
//! and improves the elements it finds there, so that a list of fifty posts costs one island, and elements that load
//! later are covered too. Islands draw nothing: markup comes from the server, from the views that made the page. (An
//! island is placed beside the list, not around it: children of an island are boxed and copied, which was measured to
//! cost a third of the rendering of fifty posts.)

#[cfg(feature = "ssr")]
pub mod action;
mod action_error;
pub mod api;
#[cfg(feature = "hydrate")]
mod composer;
#[cfg(feature = "hydrate")]
mod dom;
#[cfg(feature = "hydrate")]
mod drafts;
#[cfg(feature = "hydrate")]
mod older;
#[cfg(feature = "hydrate")]
mod pager;
#[cfg(feature = "hydrate")]
mod place;
#[cfg(feature = "hydrate")]
mod press;

pub use action_error::ActionError;
use leptos::prelude::*;

/// Lists of posts and users: likes and follows without leaving the page, and older posts loaded into it.
#[island]
pub fn PostList() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    {
        press::start();
        older::start();
        place::start();
    }
}

/// The composer: the count, sending by keyboard, the new post on the page at once, and drafts that survive.
#[island]
pub fn Composer() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    composer::start();
}
