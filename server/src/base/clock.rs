//! The time that pages show. Code that *decides* by time asks the database instead: the clocks of two instances of the
//! server may differ.

use time::OffsetDateTime;

/// Returns the current time, in UTC, for display and for cookies' `Max-Age`; never to decide whether something has
/// expired.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
