//! The user interface of Kith: pages, forms and islands.
//!
//! The modules are in groups, and each group uses only those before it: [`paths`], [`ui`] (components), [`page`] (the
//! document, forms, messages, errors), [`islands`], [`identity`] (pages for accounts), [`social`] (pages for posts and
//! profiles), [`syndication`], [`seo`], [`dev`], [`routes`]. A feature is a module with its views and form handlers. In
//! the browser only [`islands`] and the types they send and receive are compiled; everything else remains on the server.

// A view is one type, as deep as the page; the layout of a whole document exceeds the default limit.
#![recursion_limit = "512"]

pub mod count;
pub mod islands;
mod wording;

#[cfg(all(feature = "ssr", any(feature = "dev", feature = "bench")))]
pub mod dev;
#[cfg(feature = "ssr")]
pub mod identity;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod paths;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod seo;
#[cfg(feature = "ssr")]
pub mod social;
#[cfg(feature = "ssr")]
pub mod syndication;
#[cfg(feature = "ssr")]
pub mod ui;
