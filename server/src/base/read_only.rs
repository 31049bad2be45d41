//! Handles connections to a database that accepts no writes. After a failover, or once a full disk has been cleared,
//! old connections may still lead to the standby or carry `default_transaction_read_only`, while new ones work.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// `read_only_sql_transaction`.
const CODE: &str = "25006";

/// The shortest time between two rounds of closing connections, so that a long outage does not open a new connection
/// for every failed write.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// The time of the last refused write. All older connections are closed instead of used.
static REFUSED_AT: Mutex<Option<Instant>> = Mutex::new(None);

/// Records it if `error` says that the database is read-only.
pub(crate) fn note_refusal(error: &sqlx::Error) {
    if error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == CODE) {
        note();
    }
}

/// Marks all connections that are open now: they are closed before they are used again.
pub(crate) fn note() {
    let mut refused_at = REFUSED_AT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if refused_at.is_none_or(|at| at.elapsed() >= MIN_INTERVAL) {
        *refused_at = Some(Instant::now());
        tracing::warn!("the database is read-only: connections to it are opened again");
    }
}

/// Returns `false` for a connection of this age that was open when a write was refused.
pub(crate) fn may_keep(age: Duration) -> bool {
    let refused_at = REFUSED_AT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    refused_at.is_none_or(|at| age < at.elapsed())
}
