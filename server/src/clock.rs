//! The time that pages show. Whatever *decides* by time asks the database instead: copies of the server may disagree.

use time::OffsetDateTime;

/// Now, in UTC, for display and for cookies' `Max-Age`; never to decide whether something has expired.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
