//! Signed-in browsers. One row of `sessions` is one of them; a row without a user is nobody, and deleting the row ends
//! everything it could do. The session store writes new rows; who they belong to and how long they live is decided
//! here, in the transaction that signs somebody in.
//!
//! Refused: adopting an id that a browser brought (see [`SessionKey`]), and bringing back a row that was deleted (see
//! [`HashedStore`]).

mod agent;
mod browsers;
mod check;
mod devices;
mod ended;
mod open;
mod store;
mod table;
mod transaction;

pub use agent::{Browser, Kind, System, UserAgent};
pub(crate) use browsers::{greet_browser, known_browser, may_tell, note_browser};
pub use check::{Checked, check};
pub use devices::{Device, end, end_all, end_by_link, end_others, list, sign_out};
pub(crate) use devices::{end_by, end_everywhere, end_others_of, end_to_begin_anew, hold, still_elevated};
pub(crate) use ended::ended_lately;
pub use open::{How, claim, open, renew};
pub(crate) use open::{is_remembered, via};
pub use store::{HashedStore, SessionKey};
pub use table::SessionTable;
pub(crate) use transaction::begin;

/// How long a browser that asked to be remembered may rest, and how long it lives at most, in days.
pub const IDLE_DAYS: i32 = 30;
/// See [`IDLE_DAYS`].
pub const ABSOLUTE_DAYS: i32 = 180;
/// How long a browser that did not ask to be remembered may rest, in hours.
pub const IDLE_HOURS_FORGETFUL: i32 = 12;
/// The most browsers one person is signed in with; the longest idle goes first.
pub const MOST: i64 = 50;
/// How long a proof of oneself counts, in minutes.
pub const ELEVATION_MINUTES: i32 = 10;
