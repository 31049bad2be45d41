//! Tools for development. Not in the build of `cargo xtask dist`.

pub mod mail;
