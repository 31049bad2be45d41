//! Sessions. One row of `sessions` is one signed-in browser; a row without a user grants no access, and deleting a row
//! revokes it at once. The session store writes new rows; this module sets their user and lifetime, in the transaction
//! that signs the user in.
//!
//! Refused: adopting an id that a browser sent (see [`SessionKey`]), and restoring a row that was deleted (see
//! [`HashedStore`]).

mod activity;
mod agent;
mod browsers;
mod check;
mod devices;
mod ended;
mod link_subject;
mod open;
pub mod request;
mod store;
mod table;
mod transaction;

pub(crate) use activity::activity_of;
pub use activity::{AuditEvent, activity};
pub use agent::{Browser, DeviceKind, System, UserAgent};
pub(crate) use browsers::{greet_browser, known_browser, may_tell, note_browser};
pub use check::{Checked, check};
pub use devices::{Device, list, revoke, revoke_all, revoke_by_link, revoke_others, sign_out};
pub(crate) use devices::{
    lock_elevated, revoke_all_and_forget_browsers, revoke_all_in, revoke_by_method, revoke_others_in,
};
pub(crate) use ended::ended_lately;
pub use link_subject::{LinkedSession, Subject, link_subject};
pub use open::{SignInMethod, claim, open, renew};
pub(crate) use open::{is_remembered, via};
pub use store::{HashedStore, SessionKey};
pub use table::SessionTable;
pub(crate) use transaction::begin;

/// The longest idle time of a remembered session, in days.
pub const IDLE_DAYS: i32 = 30;
/// The longest lifetime of a session, in days.
pub const ABSOLUTE_DAYS: i32 = 180;
/// The longest idle time of a session that is not remembered, in hours.
pub const IDLE_HOURS_FORGETFUL: i32 = 12;
/// The most sessions of one user; the longest idle is revoked first.
pub const MAX_SESSIONS: i64 = 50;
/// The lifetime of an elevation, in minutes.
pub const ELEVATION_MINUTES: i32 = 10;
