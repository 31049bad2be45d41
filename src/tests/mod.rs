//! Tests over HTTP: the real router, a real Postgres, and browsers that keep cookies as browsers do.

mod accounts;
mod identity;
mod operations;
mod page;
mod security;
mod social;
mod support;
mod syndication;

pub use support::{
    browser::{Answer, Browser},
    site::{PASSWORD, Site},
};
