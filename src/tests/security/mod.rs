//! Rules that hold against attackers.

pub mod hardening;
pub mod hostile;
pub mod limits;
pub mod routes;
pub mod secrets;
pub mod threats;
