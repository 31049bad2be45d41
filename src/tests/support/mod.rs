//! The site under test, and browsers that visit it.

pub mod browser;
pub mod site;
pub mod trace;
