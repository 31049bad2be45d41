//! Postgres for development and tests, without manual setup.
//!
//! A set `DATABASE_URL` is used as it is. Otherwise Kith has a private cluster for each checkout ([`private`]), and
//! each test run has one of its own ([`throwaway`]). Both are reached by a unix socket in a folder only we may enter,
//! and by nothing else: `listen_addresses` is empty, so no port of the machine is taken and `trust` is safe.

mod account;
mod binaries;
mod cluster;
pub mod commands;
mod embedded;
pub mod private;
pub mod schema;
pub mod throwaway;

pub use binaries::install as install_debian_postgres;
pub use cluster::Cluster;

use anyhow::Result;

/// Returns the database of `cargo xtask run`: the URL in the environment, or the checkout's own cluster, started if
/// necessary and stopped when the last command that uses it ends.
pub fn url() -> Result<String> {
    match given() {
        Some(url) => Ok(url),
        None => Ok(private::open()?.url("kith")),
    }
}

fn given() -> Option<String> {
    std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty())
}
