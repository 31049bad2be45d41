//! The user interface of Kith: pages, forms and islands.
//!
//! A feature is a folder: its views and form handlers (behind `ssr`), and the functions its island calls. In the
//! browser only [`islands`] and the types they send and receive are compiled; everything else remains on the server.

// A view is one type, as deep as the page; the layout of a whole document exceeds the default limit.
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
#[cfg(feature = "bench")]
mod bench_page;
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
pub mod notifications;
#[cfg(feature = "ssr")]
pub mod paths;
#[cfg(feature = "ssr")]
pub mod preserve_input;
#[cfg(feature = "ssr")]
pub mod profiles;
#[cfg(feature = "ssr")]
pub mod resume_form;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod search;
#[cfg(feature = "ssr")]
pub mod settings;
#[cfg(feature = "ssr")]
pub mod syndication;
#[cfg(feature = "ssr")]
pub mod tags;
#[cfg(feature = "ssr")]
pub mod theme;
#[cfg(feature = "ssr")]
pub mod ui;
#[cfg(feature = "ssr")]
mod uploads;
#[cfg(feature = "ssr")]
pub mod visit;

/// The mailbox and other pages for developers only.
#[cfg(all(feature = "ssr", feature = "dev"))]
pub mod dev;
