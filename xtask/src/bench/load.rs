//! Sends requests as fast as they are answered, over a few open connections, for a moment.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};

use crate::http::Connection;

/// Enough to keep two cores busy; more would measure the queue.
const CONNECTIONS: usize = 8;
const ROUND: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_millis(500);

/// A request to measure.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub name: &'a str,
    pub port: u16,
    pub host: &'a str,
    pub path: &'a str,
    pub cookie: Option<&'a str>,
}

/// The result of one round.
pub struct Round {
    /// Responses per second.
    pub rate: f64,
    /// In milliseconds, sorted.
    took: Vec<f64>,
}

impl Round {
    /// Returns the milliseconds within which this many of a hundred requests were answered.
    pub fn percentile(&self, hundredths: usize) -> f64 {
        let last = self.took.len().saturating_sub(1);
        self.took.get(last * hundredths / 100).copied().unwrap_or(f64::NAN)
    }
}

/// Measures each request once a round, so that a disturbance of the machine affects all of them.
pub fn in_turns(requests: &[Request], rounds: usize) -> Result<Vec<Vec<Round>>> {
    let mut measured: Vec<Vec<Round>> = requests.iter().map(|_| Vec::new()).collect();
    for request in requests {
        round(request, WARM_UP)?;
    }
    for _ in 0..rounds {
        for (request, into) in requests.iter().zip(&mut measured) {
            into.push(round(request, ROUND)?);
        }
    }
    Ok(measured)
}

fn round(request: &Request, time: Duration) -> Result<Round> {
    let start = Instant::now();
    let took: Result<Vec<Vec<f64>>> = thread::scope(|scope| {
        let asking: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(|| ask(request, start + time))).collect();
        asking.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread of the load broke"))?).collect()
    });
    let mut took = took?.concat();
    took.sort_by(f64::total_cmp);
    Ok(Round { rate: took.len() as f64 / start.elapsed().as_secs_f64(), took })
}

fn ask(request: &Request, until: Instant) -> Result<Vec<f64>> {
    let mut connection = Connection::open(request.port, request.host)?;
    let headers: Vec<(&str, &str)> = request.cookie.map(|cookie| ("cookie", cookie)).into_iter().collect();
    let mut took = Vec::new();
    while Instant::now() < until {
        let start = Instant::now();
        let answer = connection.get(request.path, &headers)?;
        took.push(start.elapsed().as_secs_f64() * 1_000.0);
        ensure!(answer.status < 500 && answer.status != 429, "{} answers {}", request.path, answer.status);
        if answer.header("connection") == Some("close") {
            connection = Connection::open(request.port, request.host)?;
        }
    }
    Ok(took)
}
