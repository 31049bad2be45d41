//! Tests over HTTP: the real router, a real Postgres, and browsers that keep cookies as browsers do.

mod browser;
mod devices;
mod doors;
mod feed;
mod follows;
mod hardening;
mod likes;
mod posts;
mod profiles;
mod queries;
mod serve;
mod sessions;
mod sign_in;
mod sign_up;
mod site;

pub use browser::{Answer, Browser};
pub use site::{PASSWORD, Site};
