//! Authentication: passwords, sign-up, sign-in, and elevation before a dangerous change.
//!
//! For an unknown user every response is the same as for a known one: the same text, the same status, and the same
//! work.

pub(crate) mod asking;
pub mod code;
pub mod elevate;
pub mod password;
pub mod reset;
pub mod sign_in;
pub mod sign_in_code;
pub mod sign_up;

pub use asking::MailOutcome;
