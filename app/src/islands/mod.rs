//! The few interactive things. Each is one island beside plain forms that work without it; it listens on the document
//! and improves what it finds there, so that a list of fifty posts costs one island, and what is loaded later is
//! covered too. Nothing is drawn by it: markup comes from the server, from the views that made the page. (It stands
//! beside the list, not around it: what is handed to an island as children is boxed and copied, which was measured to
//! cost a third of the rendering of fifty posts.)

#[cfg(feature = "hydrate")]
mod composer;
#[cfg(feature = "hydrate")]
mod dom;
#[cfg(feature = "hydrate")]
mod drafts;
#[cfg(feature = "hydrate")]
mod older;
#[cfg(feature = "hydrate")]
mod place;
#[cfg(feature = "hydrate")]
mod press;

use leptos::prelude::*;

/// Lists of posts and people: likes and follows that do not leave the page, and older posts that come to it.
#[island]
pub fn PostList() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    {
        press::start();
        older::start();
    }
}

/// Where one writes: the count, sending by keyboard, the new post on the page at once, and drafts that stay.
#[island]
pub fn Composer() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    composer::start();
}
