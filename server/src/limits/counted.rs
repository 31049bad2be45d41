//! Attempts that count only if they were made: an outage uses nothing up.

use std::time::Duration;

use sqlx::PgPool;

use super::{Policy, give_back, take};
use crate::base::error::{Error, Result};

/// The number and interval of retries to give a count back while the database is unavailable: two minutes in total.
const GIVE_BACK_TRIES: u32 = 24;
const GIVE_BACK_INTERVAL: Duration = Duration::from_secs(5);

/// Counts one attempt for `key`, like [`take`], and runs it. The count is taken back if the attempt failed because a
/// dependency is unavailable or busy: nothing was done then.
pub async fn counted<T>(
    db: &PgPool,
    (policy, key): (Policy, impl ToString),
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let key = key.to_string();
    take(db, policy, &key).await?;
    give_back_undone(db, (policy, key), work.await).await
}

/// Takes an earlier count back if the attempt failed because a dependency is unavailable or busy. Returns `done`.
pub(crate) async fn give_back_undone<T>(
    db: &PgPool,
    (policy, key): (Policy, impl ToString),
    done: Result<T>,
) -> Result<T> {
    if matches!(done, Err(Error::Unavailable(_) | Error::Busy)) {
        give_back_later(db, policy, key.to_string()).await;
    }
    done
}

/// Like [`give_back`], but retries in the background if the database is unavailable at this moment, for the length of a
/// short outage.
pub(crate) async fn give_back_later(db: &PgPool, policy: Policy, key: String) {
    if give_back(db, policy, &key).await.is_ok() {
        return;
    }
    let db = db.clone();
    tokio::spawn(async move {
        for _ in 0..GIVE_BACK_TRIES {
            tokio::time::sleep(GIVE_BACK_INTERVAL).await;
            if give_back(&db, policy, &key).await.is_ok() {
                return;
            }
        }
    });
}
