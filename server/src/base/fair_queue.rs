//! A bounded queue for work that costs a core, such as hashing a password. One user, or one network, cannot fill it:
//! waiting turns alternate between networks, and within a network between accounts, and a full queue makes room for
//! those who have fewer turns.

mod turns;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::available_parallelism,
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use self::turns::Turns;
use crate::base::{
    client::Client,
    error::{Error, Result},
};

/// The most turns that wait for each core. At 40 ms for a hash the last one still starts within [`QUEUE_TIMEOUT`].
const WAITING_PER_CORE: usize = 32;
/// The most turns of one account, waiting and running together: a double click, and no more.
const PLACES_PER_ACCOUNT: usize = 2;
/// The longest a turn waits before it is refused with [`Error::Busy`].
const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);

/// The account and the network that a turn counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueKey {
    network: String,
    account: String,
}

impl QueueKey {
    /// Returns the key for work of `client`. `account` is the user or, before the user is known, what they typed; it is
    /// the same text that the limit of this work counts.
    pub fn new(client: &Client, account: impl Into<String>) -> Self {
        Self { network: client.network_key(), account: account.into() }
    }

    /// Returns the key for work of the server itself.
    pub(crate) fn server() -> Self {
        Self { network: String::new(), account: String::new() }
    }
}

/// The queue. Cheap to clone.
#[derive(Clone)]
pub struct FairQueue(Arc<FairQueueInner>);

struct FairQueueInner {
    max_running: usize,
    max_waiting: usize,
    state: Mutex<FairQueueState>,
}

#[derive(Default)]
struct FairQueueState {
    running: usize,
    /// The number of turns of each account, waiting and running; only accounts that have one.
    places: HashMap<String, usize>,
    turns: Turns<oneshot::Sender<CorePermit>>,
    last_id: u64,
}

impl FairQueueState {
    fn free_place(&mut self, account: &str) {
        if let Some(places) = self.places.get_mut(account) {
            *places -= 1;
            if *places == 0 {
                self.places.remove(account);
            }
        }
    }
}

impl FairQueue {
    /// Creates a queue that runs `max_running` tasks at a time, while at most `max_waiting` turns wait.
    pub fn new(max_running: usize, max_waiting: usize) -> Self {
        Self(Arc::new(FairQueueInner { max_running, max_waiting, state: Mutex::default() }))
    }

    /// Creates a queue for `cores` of the machine's cores, given their number; at least one.
    pub fn on_cores(cores: fn(usize) -> usize) -> Self {
        let cores = cores(available_parallelism().map_or(1, usize::from)).max(1);
        Self::new(cores, cores * WAITING_PER_CORE)
    }

    /// Runs `work` on a thread for blocking work when it is the turn of `key`.
    ///
    /// # Errors
    /// [`Error::Busy`] when the account has the most turns it may have, when the queue is full of turns of others who
    /// have no more than this key, or after [`QUEUE_TIMEOUT`].
    pub async fn run<T: Send + 'static>(&self, key: QueueKey, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let permit = self.wait(key).await?;
        // The permit moves into the work: a client that disconnects must not free a core that is still busy.
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(Error::internal)
    }

    async fn wait(&self, key: QueueKey) -> Result<CorePermit> {
        let (id, granted) = self.0.enqueue(key)?;
        let waiting = WaitingTurn { shared: &self.0, id };
        let permit = timeout(QUEUE_TIMEOUT, granted).await;
        drop(waiting);
        // The sender is dropped without a permit when the turn lost its place to another.
        permit.ok().and_then(Result::ok).ok_or(Error::Busy)
    }
}

impl FairQueueInner {
    fn lock(&self) -> MutexGuard<'_, FairQueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a turn for `key`.
    fn enqueue(self: &Arc<Self>, key: QueueKey) -> Result<(u64, oneshot::Receiver<CorePermit>)> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        if state.places.get(&key.account).is_some_and(|places| *places >= PLACES_PER_ACCOUNT) {
            return Err(Error::Busy);
        }
        let is_full = state.running >= self.max_running && state.turns.len() >= self.max_waiting;
        if is_full {
            let (evicted, _) = state.turns.make_room_for(&key).ok_or(Error::Busy)?;
            state.free_place(&evicted.account);
        }
        state.last_id += 1;
        let id = state.last_id;
        *state.places.entry(key.account.clone()).or_default() += 1;
        state.turns.push(key, id, sender);
        drop(state);
        self.grant();
        Ok((id, receiver))
    }

    /// Assigns free cores to the next turns.
    fn grant(self: &Arc<Self>) {
        loop {
            let mut state = self.lock();
            if state.running >= self.max_running {
                return;
            }
            let Some((key, sender)) = state.turns.pop() else { return };
            state.running += 1;
            drop(state);
            // Without the lock: a permit whose receiver is gone is dropped here, and its drop locks again.
            drop(sender.send(CorePermit { shared: Arc::clone(self), account: key.account }));
        }
    }
}

/// The right to use one core. Dropping it passes the core on.
struct CorePermit {
    shared: Arc<FairQueueInner>,
    account: String,
}

impl Drop for CorePermit {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.running -= 1;
        state.free_place(&self.account);
        drop(state);
        self.shared.grant();
    }
}

/// Removes a turn from the queue when its request gives up or disconnects.
struct WaitingTurn<'a> {
    shared: &'a FairQueueInner,
    id: u64,
}

impl Drop for WaitingTurn<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if let Some((key, _)) = state.turns.remove(self.id) {
            state.free_place(&key.account);
        }
    }
}

#[cfg(test)]
mod tests;
