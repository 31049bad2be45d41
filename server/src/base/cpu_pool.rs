//! Bounded queues for work that costs a core, such as decoding pictures. Pages that need none of it stay fast, and
//! memory use stays bounded however many requests come at once. Passwords have their own queue: see
//! [`super::fair_queue`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Semaphore, time::timeout};

use crate::base::error::{Error, Result};

/// The time that work waits before it is refused.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);

/// A queue that runs a bounded number of tasks at a time, while a bounded number waits.
pub struct CpuPool {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
}

/// Counts a waiting task until it is dropped, also when the client disconnects.
struct WaitingSlot<'a>(&'a AtomicUsize);

impl Drop for WaitingSlot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl CpuPool {
    /// Creates a queue that runs `max_running` tasks at a time, while at most `max_waiting` wait.
    pub fn new(max_running: usize, max_waiting: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(max_running)), waiting: AtomicUsize::new(0), max_waiting }
    }

    /// Runs `work` when its turn comes. [`Error::Busy`] when too many wait already, or it waited too long.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= self.max_waiting {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(Error::Busy);
        }
        let slot = WaitingSlot(&self.waiting);
        let permit = timeout(QUEUE_TIMEOUT, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| Error::Busy)?
            .map_err(Error::internal)?;
        drop(slot);
        // The permit moves into the work: a client that disconnects must not free a core that is still busy.
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use std::thread::available_parallelism;

    use super::*;

    fn one_per_core() -> CpuPool {
        let cores = available_parallelism().unwrap().get();
        CpuPool::new(cores, cores * 16)
    }

    // M18.
    #[tokio::test(flavor = "multi_thread")]
    async fn full_queue_reports_busy_and_never_exceeds_the_core_count() {
        let queue = Arc::new(one_per_core());
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..queue.max_waiting * 4)
            .map(|_| {
                let (queue, running, most) = (queue.clone(), running.clone(), most.clone());
                tokio::spawn(async move {
                    let work = move || {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(20));
                        running.fetch_sub(1, Ordering::SeqCst);
                    };
                    queue.run(work).await
                })
            })
            .collect();
        let mut busy = 0;
        for task in tasks {
            busy += usize::from(matches!(task.await.unwrap(), Err(Error::Busy)));
        }
        assert!(busy > 0, "nobody was turned away");
        assert!(most.load(Ordering::SeqCst) <= available_parallelism().unwrap().get());
        assert_eq!(queue.waiting.load(Ordering::SeqCst), 0, "a slot was lost");
    }

    // M18.
    #[tokio::test(flavor = "multi_thread")]
    async fn disconnected_clients_do_not_free_busy_cores() {
        let queue = Arc::new(one_per_core());
        let cores = available_parallelism().unwrap().get();
        let (begun, work) = (Arc::new(AtomicUsize::new(0)), Arc::new(std::sync::Barrier::new(cores + 1)));
        for n in 1..=cores {
            let (queue, counter, work) = (queue.clone(), begun.clone(), work.clone());
            let asked = tokio::spawn(async move {
                queue.run(move || (counter.fetch_add(1, Ordering::SeqCst), work.wait())).await.map(drop)
            });
            while begun.load(Ordering::SeqCst) < n {
                tokio::task::yield_now().await;
            }
            asked.abort();
        }
        assert_eq!(queue.permits.available_permits(), 0, "every core is at work");
        tokio::task::spawn_blocking(move || work.wait()).await.unwrap();
        assert!(queue.run(|| ()).await.is_ok(), "and free again when it is done");
    }
}
