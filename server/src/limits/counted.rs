//! Tries that count only if they were made: in an outage nothing is done, and nothing is used up.

use std::time::Duration;

use super::{Policy, give_back, take};
use crate::{
    Server,
    error::{Error, Result},
};

/// How often, and how far apart, a count is tried to be given back while the database is away: for two minutes.
const GIVE_BACK_TRIES: u32 = 24;
const GIVE_BACK_INTERVAL: Duration = Duration::from_secs(5);

/// Counts one try of what `key` names, as [`take`] does, and makes it. The count is taken back if the try failed because
/// something we depend on is away or busy: nothing was done then.
pub async fn counted<T>(
    server: &Server,
    (policy, key): (Policy, impl ToString),
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let key = key.to_string();
    take(server, policy, &key).await?;
    give_back_undone(server, (policy, key), work.await).await
}

/// Takes back a count made before if the try failed because something we depend on is away or busy. Returns `done`.
pub(crate) async fn give_back_undone<T>(
    server: &Server,
    (policy, key): (Policy, impl ToString),
    done: Result<T>,
) -> Result<T> {
    if matches!(done, Err(Error::Unavailable(_) | Error::Busy)) {
        give_back_later(server, policy, key.to_string()).await;
    }
    done
}

/// As [`give_back`], also when the database is away at this moment: then it is tried again in the background, as long as an
/// outage that is worth it may take.
pub(crate) async fn give_back_later(server: &Server, policy: Policy, key: String) {
    if give_back(server, policy, &key).await.is_ok() {
        return;
    }
    let server = server.clone();
    tokio::spawn(async move {
        for _ in 0..GIVE_BACK_TRIES {
            tokio::time::sleep(GIVE_BACK_INTERVAL).await;
            if give_back(&server, policy, &key).await.is_ok() {
                return;
            }
        }
    });
}
