//! The workers of this process: several, so that a slow mail server does not delay the other jobs. Each is restarted if
//! it panics.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::job::run_due;
use crate::{Server, base::error::Result};

/// The number of jobs that one process runs at a time.
const WORKERS: usize = 4;
/// The interval of checks for jobs that other instances queued, or whose delay is over; also the delay before a retry
/// when the database does not answer or a worker panicked.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// The workers. Dropping it aborts them.
pub struct WorkerPool {
    server: Server,
    workers: JoinSet<()>,
}

impl WorkerPool {
    /// Starts the workers.
    pub fn start(server: &Server) -> Self {
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let server = server.clone();
            workers.spawn(supervise(move || work(server.clone())));
        }
        Self { server: server.clone(), workers }
    }

    /// Runs the last round: the workers finish their current jobs and retry the jobs that only this process can open.
    /// They stop after that, or at `by` at the latest. Call it when the server has stopped serving requests.
    pub async fn finish(mut self, by: Instant) {
        let done = async {
            if let Err(error) = make_retries_due(&self.server).await {
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

/// Makes the jobs due that this process sealed and that wait for a retry.
async fn make_retries_due(server: &Server) -> Result<()> {
    sqlx::query!(
        "update jobs set run_at = now() where sealed_by = $1 and dead_at is null and leased_until is null",
        server.seal().by()
    )
    .execute(server.db())
    .await?;
    Ok(())
}

/// Runs a worker until it returns by itself, and restarts it after a panic. The job that caused the panic stays leased
/// and is retried later.
async fn supervise<F: Future<Output = ()> + Send + 'static>(work: impl Fn() -> F) {
    loop {
        let mut worker = JoinSet::new();
        worker.spawn(work());
        match worker.join_next().await {
            Some(Err(error)) => tracing::error!(%error, "a worker ended; starting it again"),
            _ => return,
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Works until the last round is over. Waits for a database that does not answer.
async fn work(server: Server) {
    loop {
        // From here on, so that no ring during the check is missed.
        let heard = server.wake().heard();
        match run_due(&server).await {
            Ok(0) if server.wake().is_last_round() => return,
            Ok(0) => {
                tokio::select! { () = heard => {}, () = tokio::time::sleep(POLL_INTERVAL) => {} }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "the job queue cannot be used; trying again");
                tokio::time::sleep(POLL_INTERVAL).await;
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
    async fn restarts_panicked_workers_but_not_finished_ones() {
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
