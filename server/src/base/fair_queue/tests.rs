use std::sync::{
    Barrier,
    atomic::{AtomicUsize, Ordering},
};

use super::*;

fn key(network: &str, account: &str) -> QueueKey {
    QueueKey { network: network.to_owned(), account: account.to_owned() }
}

/// Returns the order in which turns are taken that were added in the given order, each as network and account.
fn order(added: &[&str]) -> Vec<String> {
    let mut turns = Turns::default();
    for (id, name) in added.iter().enumerate() {
        let (network, account) = name.split_once('.').unwrap();
        turns.push(key(network, account), id as u64, ());
    }
    std::iter::from_fn(|| turns.pop()).map(|(key, ())| format!("{}.{}", key.network, key.account)).collect()
}

#[test]
fn turns_alternate_between_networks_and_then_between_accounts() {
    assert_eq!(order(&["a.1", "a.1", "a.1", "b.2", "b.2", "c.3"]), ["a.1", "b.2", "c.3", "a.1", "b.2", "a.1"]);
    assert_eq!(order(&["a.1", "a.1", "a.2", "a.3"]), ["a.1", "a.2", "a.3", "a.1"]);
    assert_eq!(order(&["a.1", "a.2", "a.3", "b.4"]), ["a.1", "b.4", "a.2", "a.3"]);
}

#[test]
fn networks_asking_one_at_a_time_gain_no_advantage() {
    let mut turns = Turns::default();
    (0..4).for_each(|id| turns.push(key("many", "1"), id, ()));
    let mut taken = Vec::new();
    for id in 4..8 {
        turns.push(key("one", "2"), id, ());
        taken.extend((0..2).filter_map(|_| turns.pop()).map(|(key, ())| key.network));
    }
    assert_eq!(taken.iter().filter(|name| *name == "many").count(), 4);
}

#[test]
fn removes_a_turn_completely() {
    let mut turns = Turns::default();
    turns.push(key("a", "1"), 7, ());
    turns.push(key("a", "2"), 8, ());
    assert!(turns.remove(7).is_some() && turns.remove(7).is_none());
    assert_eq!((turns.len(), turns.pop().map(|(key, ())| key)), (1, Some(key("a", "2"))));
    assert!(turns.pop().is_none() && turns.len() == 0);
}

#[test]
fn newcomers_displace_only_networks_or_accounts_with_more_turns() {
    for (waiting, newcomer, given_up) in [
        // Another network with at least two more.
        (&["a.1", "a.2", "a.3"][..], "b.9", Some("a.3")),
        (&["a.1", "a.1", "a.2"], "b.9", Some("a.1")),
        (&["a.1", "a.2", "b.9"], "b.8", None),
        // Another account of the same network.
        (&["a.1", "a.1", "a.2"], "a.3", Some("a.1")),
        (&["a.1", "a.2", "a.3"], "a.4", None),
        (&["a.1", "a.1", "b.2"], "a.1", None),
        (&["a.1", "b.2", "c.3"], "d.4", None),
        (&[], "a.1", None),
    ] {
        let mut turns = Turns::default();
        for (id, name) in waiting.iter().enumerate() {
            let (network, account) = name.split_once('.').unwrap();
            turns.push(key(network, account), id as u64, ());
        }
        let (network, account) = newcomer.split_once('.').unwrap();
        let taken =
            turns.make_room_for(&key(network, account)).map(|(key, ())| format!("{}.{}", key.network, key.account));
        assert_eq!(taken.as_deref(), given_up, "{waiting:?} {newcomer}");
        assert_eq!(turns.len(), waiting.len() - usize::from(given_up.is_some()));
    }
}

/// Returns a queue with one core, which is busy until the barrier is passed.
async fn busy(most_waiting: usize) -> (FairQueue, Arc<Barrier>) {
    let (queue, barrier) = (FairQueue::new(1, most_waiting), Arc::new(Barrier::new(2)));
    let (running, held) = (queue.clone(), Arc::clone(&barrier));
    tokio::spawn(async move { running.run(key("x", "x"), move || held.wait()).await.map(drop) });
    while queue.0.lock().running == 0 {
        tokio::task::yield_now().await;
    }
    (queue, barrier)
}

fn start(queue: &FairQueue, key: QueueKey) -> tokio::task::JoinHandle<Result<()>> {
    let queue = queue.clone();
    tokio::spawn(async move { queue.run(key, || ()).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_an_account_to_two_turns_across_networks() {
    let (queue, barrier) = busy(10).await;
    let first: Vec<_> = (0..2).map(|n| start(&queue, key(&format!("n{n}"), "ada"))).collect();
    while queue.0.lock().turns.len() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(queue.run(key("n3", "ada"), || ()).await, Err(Error::Busy)));
    let other = start(&queue, key("n3", "alan"));
    while queue.0.lock().turns.len() < 3 {
        tokio::task::yield_now().await;
    }
    barrier.wait();
    for task in first.into_iter().chain([other]) {
        task.await.unwrap().unwrap();
    }
    assert!(queue.run(key("n3", "ada"), || ()).await.is_ok(), "places are given back");
    assert!(queue.0.lock().places.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn full_queue_replaces_a_turn_of_the_largest_network() {
    let (queue, barrier) = busy(4).await;
    let flood: Vec<_> = (0..4).map(|n| start(&queue, key("flood", &n.to_string()))).collect();
    while queue.0.lock().turns.len() < 4 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(queue.run(key("flood", "5"), || ()).await, Err(Error::Busy)));
    let newcomer = start(&queue, key("quiet", "alan"));
    while !flood.iter().any(tokio::task::JoinHandle::is_finished) {
        tokio::task::yield_now().await;
    }
    barrier.wait();
    newcomer.await.unwrap().unwrap();
    let mut refused = 0;
    for task in flood {
        refused += usize::from(matches!(task.await.unwrap(), Err(Error::Busy)));
    }
    assert_eq!(refused, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnected_clients_free_their_turn_but_no_busy_core() {
    let (queue, barrier) = busy(10).await;
    let waiting = start(&queue, key("n", "ada"));
    while queue.0.lock().turns.len() < 1 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    assert!(waiting.await.is_err());
    assert_eq!(queue.0.lock().turns.len(), 0);
    assert_eq!(queue.0.lock().running, 1, "the work goes on");
    barrier.wait();
    assert!(queue.run(key("n", "ada"), || ()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn never_runs_more_tasks_than_configured_cores() {
    let queue = FairQueue::new(2, 100);
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let (queue, running, most) = (queue.clone(), running.clone(), most.clone());
            tokio::spawn(async move {
                let work = move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    running.fetch_sub(1, Ordering::SeqCst);
                };
                queue.run(key("n", &n.to_string()), work).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert_eq!(queue.0.lock().running, 0);
}
