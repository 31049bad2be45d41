//! A position in a list sorted by time.

use std::{fmt, str::FromStr};

use time::OffsetDateTime;

/// The position of a row: its time, and its id to order rows of the same time. As text `microseconds-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub at: OffsetDateTime,
    pub id: i64,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.unix_timestamp_nanos() / 1_000, self.id)
    }
}

impl FromStr for Mark {
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
    fn marks_round_trip_to_the_microsecond_and_refuse_invalid_text() {
        let mark = Mark { at: datetime!(2026-03-14 15:00:00.123456 UTC), id: 42 };
        assert_eq!(mark.to_string().parse(), Ok(mark));
        for bad in ["", "-", "1", "1-", "-1", "1-2-3", "-1-2", "1--2", "+1-2", "1 -2", "99999999999999999999-1", "x-1"]
        {
            assert_eq!(bad.parse::<Mark>(), Err(()), "{bad}");
        }
    }
}
