//! The rows of the lists in an export.

use serde_json::Value;
use time::OffsetDateTime;

/// The key of the last row that was read. Lists by time are read from the newest to the oldest, lists by id the other
/// way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) at: OffsetDateTime,
    pub(super) id: i64,
}

impl Cursor {
    /// The position before the first row of every list: later than every time, below every id.
    pub(super) const START: Self = Self { at: time::macros::datetime!(9998-01-01 00:00 UTC), id: 0 };
}

/// A row of a list.
pub(super) struct Row {
    pub(super) at: OffsetDateTime,
    pub(super) id: i64,
    pub(super) row: Value,
    /// True for a post that was edited: its versions are read separately.
    pub(super) nested: bool,
}

impl Row {
    pub(super) fn cursor(&self) -> Cursor {
        Cursor { at: self.at, id: self.id }
    }
}
