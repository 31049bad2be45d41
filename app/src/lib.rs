//! What people see of Kith: pages, forms and islands.
//!
//! A feature is a folder: its views and form handlers (behind `ssr`), and what its island calls. In the browser only
//! [`islands`] and what they send and receive is compiled; everything else stays on the server.

// A view is one type as deep as the page; the layout of a whole document goes past the default.
#![recursion_limit = "512"]

pub mod actions;
pub mod count;
pub mod follows;
pub mod islands;
pub mod likes;
pub mod posts;

#[cfg(feature = "ssr")]
pub mod assets;
#[cfg(feature = "ssr")]
pub mod auth;
#[cfg(feature = "ssr")]
pub mod draft;
#[cfg(feature = "ssr")]
pub mod failure;
#[cfg(feature = "ssr")]
pub mod feed;
#[cfg(feature = "ssr")]
pub mod flash;
#[cfg(feature = "ssr")]
pub mod form_user;
#[cfg(feature = "ssr")]
pub mod forms;
#[cfg(feature = "ssr")]
pub mod found;
#[cfg(feature = "ssr")]
pub mod kept;
#[cfg(feature = "ssr")]
pub mod notifications;
#[cfg(feature = "ssr")]
pub mod paths;
#[cfg(feature = "ssr")]
pub mod profiles;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod search;
#[cfg(feature = "ssr")]
pub mod settings;
#[cfg(feature = "ssr")]
pub mod tags;
#[cfg(feature = "ssr")]
pub mod theme;
#[cfg(feature = "bench")]
mod twin;
#[cfg(feature = "ssr")]
pub mod ui;
#[cfg(feature = "ssr")]
mod uploads;
#[cfg(feature = "ssr")]
pub mod visit;

/// The mailbox and whatever else only a developer sees.
#[cfg(all(feature = "ssr", feature = "dev"))]
pub mod dev;
