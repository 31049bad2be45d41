//! A position in a list sorted by time.

use std::{fmt, str::FromStr};

use time::OffsetDateTime;

/// The position of a row: its time, and its id to order rows of the same time. As text `microseconds-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeCursor {
    pub at: OffsetDateTime,
    pub id: i64,
}

impl TimeCursor {
    /// Returns the position after all rows, the default for a list that starts with the newest.
    pub(crate) const END: Self = Self { at: time::macros::datetime!(9999-12-31 0:00 UTC), id: i64::MAX };
}

impl fmt::Display for TimeCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.unix_timestamp_nanos() / 1_000, self.id)
    }
}

impl FromStr for TimeCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (micros, id) = text.split_once('-').ok_or(())?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(micros) || !digits(id) {
            return Err(());
        }
        let nanos = micros.parse::<i64>().map(|n| i128::from(n) * 1_000).map_err(|_| ())?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| ())?;
        Ok(Self { at, id: id.parse().map_err(|_| ())? })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn cursors_round_trip_to_the_microsecond_and_refuse_invalid_text() {
        let cursor = TimeCursor { at: datetime!(2026-03-14 15:00:00.123456 UTC), id: 42 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "-", "1", "1-", "-1", "1-2-3", "-1-2", "1--2", "+1-2", "1 -2", "99999999999999999999-1", "x-1"]
        {
            assert_eq!(bad.parse::<TimeCursor>(), Err(()), "{bad}");
        }
    }
}
