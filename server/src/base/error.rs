//! The errors of the domain functions, as far as the caller may know them. The cause is logged and never shown.

use std::{borrow::Cow, time::Duration};

/// The result of a domain function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason why a domain function failed. Nothing was changed, except possibly with [`Error::Unavailable`] and
/// [`Error::Internal`]: the response to a commit may have been lost.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or this user may not know of it.
    #[error("not found")]
    NotFound,
    /// Only a signed-in user may do this.
    #[error("sign-in needed")]
    SignInNeeded,
    /// Only a user who elevated the session within the last minutes may do this.
    #[error("elevation needed")]
    ElevationNeeded,
    /// The user's role does not allow it.
    #[error("forbidden")]
    Forbidden,
    /// The form was rendered for another user than the current one.
    #[error("form of another user")]
    OtherUser,
    /// The input is invalid.
    #[error("invalid input")]
    Invalid(Invalid),
    /// The maximum number exists already.
    #[error("full")]
    Full,
    /// Too many requests; retry after this time.
    #[error("limited for {0:?}")]
    Limited(Duration),
    /// Too much work of this kind is waiting; retry shortly.
    #[error("busy")]
    Busy,
    /// A dependency did not answer as it should.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A bug of ours: a row that must exist is missing, or a value cannot be read or written.
    #[error("internal error: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Returns the error for a bug.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        super::read_only::note_refusal(&error);
        // A NUL or broken text that slipped past the forms: the sender's mistake, not the database's (22021).
        if error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == "22021") {
            return Invalid::default().into();
        }
        match error {
            sqlx::Error::RowNotFound
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::TypeNotFound { .. } => Self::internal(error),
            _ => Self::Unavailable(Box::new(error)),
        }
    }
}

impl Error {
    /// Returns true if the database cancelled a statement because it took too long (57014). Its transaction is
    /// unusable.
    pub fn is_out_of_time(&self) -> bool {
        self.code().is_some_and(|code| code == "57014")
    }

    /// Returns true if the database ended this transaction to resolve a deadlock (40P01). Nothing was changed; retry
    /// it.
    pub fn is_deadlock(&self) -> bool {
        self.code().is_some_and(|code| code == "40P01")
    }

    /// Returns true if a lock was not available in time (55P03). Nothing was changed.
    pub fn is_locked(&self) -> bool {
        self.code().is_some_and(|code| code == "55P03")
    }

    /// Returns the database's error code.
    fn code(&self) -> Option<Cow<'_, str>> {
        let Self::Unavailable(cause) = self else { return None };
        cause.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error)?.code()
    }
}

impl From<tower_sessions::session::Error> for Error {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Returns `replacement` if `error` is a violation of the named constraint, else the converted `error`.
pub fn on_constraint(error: sqlx::Error, constraint: &str, replacement: impl Into<Error>) -> Error {
    let refused = error.as_database_error().and_then(|e| e.constraint()).is_some_and(|name| name == constraint);
    if refused { replacement.into() } else { error.into() }
}

/// The invalid fields, each with a message for the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalid(Vec<(&'static str, Cow<'static, str>)>);

impl Invalid {
    /// Returns an error with a single message.
    pub fn one(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let mut invalid = Self::default();
        invalid.add(field, message);
        invalid
    }

    /// Adds a message; of two about a field the first stays.
    pub fn add(&mut self, field: &'static str, message: impl Into<Cow<'static, str>>) {
        if self.get(field).is_none() {
            self.0.push((field, message.into()));
        }
    }

    /// Returns the value of `checked`, or records its errors; to check several fields and report all errors.
    pub fn note<T>(&mut self, checked: Result<T, Invalid>) -> Option<T> {
        checked.map_err(|other| other.0.into_iter().for_each(|(field, message)| self.add(field, message))).ok()
    }

    /// Returns the message about a field.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, message)| message.as_ref())
    }

    /// Returns all messages, in order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, message)| (*field, message.as_ref()))
    }

    /// Returns true if there is no message.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fails if there is a message.
    pub fn check(self) -> Result<(), Invalid> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_outages_answer_503_and_bugs_answer_500() {
        for (error, status, retries) in [
            (sqlx::Error::PoolTimedOut, 503, true),
            (sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()), 503, true),
            (sqlx::Error::RowNotFound, 500, false),
            (sqlx::Error::ColumnNotFound("x".to_owned()), 500, false),
            (sqlx::Error::Decode("not a number".into()), 500, false),
        ] {
            let error = Error::from(error);
            assert_eq!((error.status().as_u16(), error.retry_after().is_some()), (status, retries), "{error}");
        }
    }
}
