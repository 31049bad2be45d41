//! What helps while developing. Not in what `cargo xtask dist` builds.

pub mod mail;
