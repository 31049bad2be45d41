//! Times beyond the calendar of this program.

use sqlx::{
    Decode, Postgres, Type,
    error::BoxDynError,
    postgres::{PgTypeInfo, PgValueRef},
};
use time::{Duration, OffsetDateTime};

/// The epoch from which Postgres counts microseconds.
const EPOCH: OffsetDateTime = time::macros::datetime!(2000-01-01 00:00 UTC);

/// A `timestamptz` that an operator may set to any value of Postgres, such as `infinity`. sqlx panics on years above
/// 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FarTime(
    /// `None` when it is outside of the years that can be shown.
    pub Option<OffsetDateTime>,
);

impl Type<Postgres> for FarTime {
    fn type_info() -> PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for FarTime {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let microseconds = <i64 as Decode<Postgres>>::decode(value)?;
        Ok(Self(EPOCH.checked_add(Duration::microseconds(microseconds))))
    }
}
