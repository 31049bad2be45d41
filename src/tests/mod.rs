//! Tests over HTTP: the real router, a real Postgres, and browsers that keep cookies as browsers do.

mod avatars;
mod browser;
mod changes;
mod devices;
mod doors;
mod elsewhere;
mod faults;
mod feed;
mod follows;
mod hardening;
mod known;
mod leaving;
mod likes;
mod limits;
mod notifications;
mod oauth;
mod operator;
mod picture;
mod plans;
mod posts;
mod profiles;
mod proof;
mod queries;
mod recovery;
mod secrets;
mod serve;
mod sessions;
mod sign_in;
mod sign_up;
mod site;
mod smtp;
mod storms;
mod threats;
mod trace;

pub use browser::{Answer, Browser};
pub use site::{PASSWORD, Site};
