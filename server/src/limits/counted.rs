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
    let done = work.await;
    if matches!(done, Err(Error::Unavailable(_) | Error::Busy)) {
        give_back_later(server, policy, key).await;
    }
    done
}

/// As [`give_back`], also when the database is away at this moment: then it is tried again in the background, as long as an
/// outage that is worth it may take.
async fn give_back_later(server: &Server, policy: Policy, key: String) {
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
