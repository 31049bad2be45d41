//! The workers of this process: several, so that a mail server which is slow with one mail does not hold the others
//! up; each started again should it ever fail.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::run_due;
use crate::{Server, error::Result};

/// How many jobs one process does at a time.
const WORKERS: usize = 4;
/// How often to look for jobs that other copies queued, or whose pause is over; and between tries when the database
/// does not answer, or a worker panicked.
const LOOK: Duration = Duration::from_secs(2);

/// The workers. Dropping it ends them where they are.
pub struct Crew {
    server: Server,
    workers: JoinSet<()>,
}

impl Crew {
    /// Starts them.
    pub fn start(server: &Server) -> Self {
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let server = server.clone();
            workers.spawn(supervise(move || work(server.clone())));
        }
        Self { server: server.clone(), workers }
    }

    /// The last round: what is under way is finished, what only this process can open is tried once more, and then, or
    /// at the latest at `by`, the workers end. To be called when nobody is served any more.
    pub async fn finish(mut self, by: Instant) {
        let done = async {
            if let Err(error) = hasten(&self.server).await {
                tracing::warn!(%error, "mails that only this process can open may be lost");
            }
            self.server.wake().call_last_round();
            while self.workers.join_next().await.is_some() {}
        };
        if tokio::time::timeout_at(by.into(), done).await.is_err() {
            tracing::warn!("some jobs did not finish in time; those that were sealed have to be asked for again");
        }
    }
}

/// Makes due what this process sealed and what waits out a pause.
async fn hasten(server: &Server) -> Result<()> {
    sqlx::query!(
        "update jobs set run_at = now() where sealed_by = $1 and dead_at is null and leased_until is null",
        server.seal().by()
    )
    .execute(server.db())
    .await?;
    Ok(())
}

/// Has a worker work until it goes by itself; a job that makes it panic stays leased, and is tried later.
async fn supervise<F: Future<Output = ()> + Send + 'static>(work: impl Fn() -> F) {
    loop {
        let mut worker = JoinSet::new();
        worker.spawn(work());
        match worker.join_next().await {
            Some(Err(error)) => tracing::error!(%error, "a worker ended; starting it again"),
            _ => return,
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Works until the last round is over. A database that does not answer is waited for.
async fn work(server: Server) {
    loop {
        // From here on, so that nothing that rings during the look is missed.
        let heard = server.wake().heard();
        match run_due(&server).await {
            Ok(0) if server.wake().is_last_round() => return,
            Ok(0) => {
                tokio::select! { () = heard => {}, () = tokio::time::sleep(LOOK) => {} }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "the job queue cannot be used; trying again");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::supervise;

    #[tokio::test]
    async fn a_worker_that_panics_is_started_again_and_one_that_goes_is_not() {
        let begun = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&begun);
        supervise(move || {
            let begun = count.fetch_add(1, Ordering::Relaxed);
            async move { assert_ne!(begun, 0, "the first one") }
        })
        .await;
        assert_eq!(begun.load(Ordering::Relaxed), 2);
    }
}
