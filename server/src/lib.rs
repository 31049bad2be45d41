//! The domain of Kith: users and their accounts, sessions, posts, and the work behind them. It knows SQL, and HTTP
//! where it must; it never knows a page.
//!
//! The modules are in groups, and each group uses only those before it: [`base`], [`config`], [`db`], [`limits`],
//! [`mailer`], [`jobs`], [`identity`], [`social`], [`accounts`], [`worker`]. [`http`] uses everything up to `identity`.
//! [`Server`] holds the parts that one process shares. `cargo xtask test lint` checks the order.

pub mod accounts;
pub mod base;
pub mod config;
pub mod db;
pub mod http;
pub mod identity;
pub mod jobs;
pub mod limits;
pub mod mailer;
pub mod seed;
mod server;
pub mod social;
pub mod worker;

pub use base::error::{Error, Invalid, Result};
/// User input that must never be printed: a password.
pub use secrecy::SecretString as Secret;
pub use server::Server;
