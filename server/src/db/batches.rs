//! Large changes in small transactions, so that other users never wait long for their locks: each transaction handles a
//! number of rows that adapts to the time it takes, waits only briefly for a lock while it holds others, and then
//! pauses for as long as it took.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio::time::{Instant, sleep};

use crate::base::error::Result;

/// The number of rows in the first transaction.
const FIRST_ROWS: i64 = 50;
/// The most rows in one transaction.
const MAX_ROWS: i64 = 400;
/// A transaction that takes longer is followed by a smaller one. Well below the 100 ms that others may wait.
const TARGET_TIME: Duration = Duration::from_millis(25);
/// The lock timeout of a transaction while it holds other locks, in milliseconds.
const LOCK_TIMEOUT_MS: i32 = 30;
/// The timeout of one of its statements, in milliseconds.
const STATEMENT_TIMEOUT_MS: i32 = 60;
/// The same for a transaction of one row: it cannot be smaller, so it must be able to succeed.
const SINGLE_ROW_TIMEOUT_MS: i32 = 5_000;
/// The pause after rows were locked by others.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// The result of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handled {
    /// The number of rows found, at most as many as requested.
    pub found: usize,
    /// The number of rows handled. Rows locked by others are skipped.
    pub done: usize,
}

impl Handled {
    /// The number of these rows that were found, and the number handled.
    pub(crate) fn of<T>(found: &[T], done: u64) -> Self {
        Self { found: found.len(), done: usize::try_from(done).unwrap_or(usize::MAX) }
    }

    /// Every row that was found was handled.
    pub(crate) fn all(done: u64) -> Self {
        let done = usize::try_from(done).unwrap_or(usize::MAX);
        Self { found: done, done }
    }
}

/// The outcome of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing was left.
    Finished,
    /// This many rows were handled; there may be more.
    Progress(usize),
    /// Nothing could be handled now.
    Busy,
}

/// Decides how many rows the next transaction handles.
#[derive(Debug)]
pub(crate) struct Batches {
    rows: i64,
}

impl Batches {
    pub(crate) fn new() -> Self {
        Self { rows: FIRST_ROWS }
    }

    /// Runs `work` in one transaction with the number of rows it may handle, and then pauses.
    pub(crate) async fn run(
        &mut self,
        db: &PgPool,
        work: impl AsyncFnOnce(&mut PgConnection, i64) -> Result<Handled>,
    ) -> Result<Turn> {
        let started = Instant::now();
        let handled = match self.transaction(db, work).await {
            Ok(handled) => handled,
            Err(error) if error.is_locked() || error.is_out_of_time() || error.is_deadlock() => {
                tracing::debug!(%error, rows = self.rows, "a batch is tried again with fewer rows");
                self.rows = (self.rows / 2).max(1);
                sleep(BUSY_PAUSE).await;
                return Ok(Turn::Busy);
            }
            Err(error) => return Err(error),
        };
        if handled.found == 0 {
            return Ok(Turn::Finished);
        }
        if handled.done == 0 {
            sleep(BUSY_PAUSE).await;
            return Ok(Turn::Busy);
        }
        let elapsed = started.elapsed();
        self.adapt(elapsed);
        sleep(elapsed).await;
        Ok(Turn::Progress(handled.done))
    }

    async fn transaction(
        &self,
        db: &PgPool,
        work: impl AsyncFnOnce(&mut PgConnection, i64) -> Result<Handled>,
    ) -> Result<Handled> {
        let mut tx = db.begin().await?;
        let statement = if self.rows > 1 { STATEMENT_TIMEOUT_MS } else { SINGLE_ROW_TIMEOUT_MS };
        sqlx::query!(
            "select set_config('lock_timeout', $1, true) as lock, set_config('statement_timeout', $2, true) as statement",
            LOCK_TIMEOUT_MS.to_string(),
            statement.to_string(),
        )
        .fetch_one(&mut *tx)
        .await?;
        let handled = work(&mut tx, self.rows).await?;
        tx.commit().await?;
        Ok(handled)
    }

    fn adapt(&mut self, elapsed: Duration) {
        if elapsed > TARGET_TIME {
            self.rows = (self.rows / 2).max(1);
        } else if elapsed < TARGET_TIME / 2 {
            self.rows = (self.rows + self.rows / 2 + 1).min(MAX_ROWS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_shrink_when_slow_and_grow_when_fast() {
        let mut batches = Batches::new();
        for _ in 0..20 {
            batches.adapt(Duration::from_millis(40));
        }
        assert_eq!(batches.rows, 1);
        batches.adapt(Duration::from_millis(20));
        assert_eq!(batches.rows, 1, "it stays between half the target and the target");
        for _ in 0..20 {
            batches.adapt(Duration::from_millis(1));
        }
        assert_eq!(batches.rows, MAX_ROWS);
    }
}
