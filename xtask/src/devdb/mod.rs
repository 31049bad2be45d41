//! Postgres for development and tests, without anyone having to set one up.
//!
//! A set `DATABASE_URL` is used as it is. Otherwise Kith keeps a private cluster per checkout ([`private`]), and each
//! test run has one of its own ([`throwaway`]). Both are reached by a unix socket in a folder only we may enter, and by
//! nothing else: `listen_addresses` is empty, so no port of the machine is taken and `trust` is safe.

mod account;
mod binaries;
mod cluster;
pub mod commands;
pub mod private;
pub mod schema;
pub mod throwaway;

pub use binaries::install as install_debian_postgres;
pub use cluster::Cluster;

use anyhow::Result;

/// The database of `cargo xtask run`: the URL in the environment, or the checkout's own cluster, started if need be and
/// stopped again when the last command that uses it ends.
pub fn url() -> Result<String> {
    match given() {
        Some(url) => Ok(url),
        None => Ok(private::open()?.url("kith")),
    }
}

fn given() -> Option<String> {
    std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty())
}
