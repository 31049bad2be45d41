//! Proving who one is: passwords, signing up, signing in, and proving it again before a dangerous change.
//!
//! To a stranger every answer is the same whether or not somebody is known: the same text, the same status, and the
//! same work.

pub(crate) mod asking;
pub mod code;
pub mod elevate;
pub mod password;
pub mod reset;
pub mod sign_in;
pub mod sign_in_code;
pub mod sign_up;

pub use asking::MailOutcome;
