//! What can go wrong in a verb, as far as the one who asked may know it. The cause goes to the log, never to the page.

use std::{borrow::Cow, time::Duration};

/// The result of a verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb refused. Nothing was changed, unless it was [`Error::Unavailable`]: the answer to a commit may have been
/// lost.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is not theirs to know of.
    #[error("not found")]
    NotFound,
    /// Only somebody signed in may.
    #[error("sign-in needed")]
    SignInNeeded,
    /// Only somebody who proved themselves within the last minutes may.
    #[error("elevation needed")]
    ElevationNeeded,
    /// Their role does not allow it.
    #[error("forbidden")]
    Forbidden,
    /// The form was rendered for another user than the one who is signed in now.
    #[error("form of another user")]
    OtherUser,
    /// What was typed cannot be taken as it is.
    #[error("invalid input")]
    Invalid(Invalid),
    /// There are as many already as there may be.
    #[error("full")]
    Full,
    /// Too often; may be tried again after this long.
    #[error("limited for {0:?}")]
    Limited(Duration),
    /// More work of this kind waits than can be done in good time; may be tried again shortly.
    #[error("busy")]
    Busy,
    /// Something we depend on did not answer as it should.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        crate::db::note_refusal(&error);
        // A NUL or broken text that slipped past the forms: the sender's mistake, not the database's (22021).
        if error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == "22021") {
            return Invalid::default().into();
        }
        Self::Unavailable(Box::new(error))
    }
}

impl Error {
    /// Whether the database gave a statement up because it took too long (57014). Its transaction can do no more.
    pub fn is_out_of_time(&self) -> bool {
        self.code().is_some_and(|code| code == "57014")
    }

    /// Whether the database chose this transaction to end so that another it waited for, which waited for it, may go on
    /// (40P01). Nothing was changed, and trying again is all there is to do.
    pub fn is_deadlock(&self) -> bool {
        self.code().is_some_and(|code| code == "40P01")
    }

    /// Whether a lock was not available in time (55P03). Nothing was changed.
    pub fn is_locked(&self) -> bool {
        self.code().is_some_and(|code| code == "55P03")
    }

    /// What the database called it.
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

/// `instead` when `error` is the refusal of the named constraint, else what `error` is by itself.
pub fn on_constraint(error: sqlx::Error, constraint: &str, instead: impl Into<Error>) -> Error {
    let refused = error.as_database_error().and_then(|e| e.constraint()).is_some_and(|name| name == constraint);
    if refused { instead.into() } else { error.into() }
}

/// The fields that cannot be taken, each with a message for the one who typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalid(Vec<(&'static str, Cow<'static, str>)>);

impl Invalid {
    /// With a single message.
    pub fn one(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let mut invalid = Self::default();
        invalid.add(field, message);
        invalid
    }

    /// Says one more thing; of two about a field the first stays.
    pub fn add(&mut self, field: &'static str, message: impl Into<Cow<'static, str>>) {
        if self.get(field).is_none() {
            self.0.push((field, message.into()));
        }
    }

    /// Keeps what `checked` is, or notes why it is not; to check several fields and tell about all of them.
    pub fn note<T>(&mut self, checked: Result<T, Invalid>) -> Option<T> {
        checked.map_err(|other| other.0.into_iter().for_each(|(field, message)| self.add(field, message))).ok()
    }

    /// What is said about a field.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, message)| message.as_ref())
    }

    /// Everything said, in the order in which it was.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, message)| (*field, message.as_ref()))
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses when something is wrong.
    pub fn check(self) -> Result<(), Invalid> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}
