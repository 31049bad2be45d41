//! The effect of an attack on other users: the time that their sign-ins take, and the memory that strangers can use.

use std::{
    io::{ErrorKind, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::{PASSWORD, sizes};
use crate::kith::Kith;

/// The connections over which one member signs in again and again.
const ATTACKERS: usize = 100;
/// The sign-ins of other users during the attack. Fewer than one account may have within a quarter of an hour.
const SIGN_INS: usize = 100;
/// The most milliseconds that 99 of 100 of those sign-ins may take.
const SIGN_IN_BUDGET: f64 = 1_000.0;

/// The connections of strangers that send long texts, and the bytes of each text.
const STRANGERS: usize = 3_500;
const TEXT: usize = 250_000;
/// The time for which they send.
const FLOOD: Duration = Duration::from_secs(8);
/// The time that memory may take to be freed.
const AFTERWARDS: Duration = Duration::from_secs(15);
/// The most megabytes they may use, and the most that may remain in use.
const MORE_BUDGET: u64 = 60;
const LEFT_BUDGET: u64 = 30;

/// Signs in other users while one member keeps hashing over many connections, and prints the times.
pub fn sign_ins(kith: &Kith) -> Result<()> {
    let ended = AtomicBool::new(false);
    let mut took = thread::scope(|scope| {
        for _ in 0..ATTACKERS {
            scope.spawn(|| {
                let mut works = true;
                while works && !ended.load(Ordering::Relaxed) {
                    works = sign_in(kith, "alan").is_ok();
                }
            });
        }
        thread::sleep(Duration::from_millis(200));
        let others = ["ada", "grace", "edsger", "barbara"].into_iter().cycle().take(SIGN_INS);
        let took: Result<Vec<f64>> = others.map(|who| sign_in(kith, who)).collect();
        ended.store(true, Ordering::Relaxed);
        took
    })?;
    took.sort_by(f64::total_cmp);
    let at = |hundredths: usize| took[(took.len() - 1) * hundredths / 100];
    let mark = if at(99) > SIGN_IN_BUDGET { "  OVER BUDGET" } else { "" };
    println!(
        "\n{ATTACKERS} connections of one member sign in all the time (budget for others: p99 {SIGN_IN_BUDGET} ms)"
    );
    println!("others sign in: p50 {:.0} ms, p99 {:.0} ms{mark}", at(50), at(99));
    Ok(())
}

/// Signs in over a connection of its own; returns the milliseconds it took. A refusal counts as well: the user waited
/// for it.
fn sign_in(kith: &Kith, who: &str) -> Result<f64> {
    let start = Instant::now();
    let form = format!("identifier={who}&password={PASSWORD}");
    kith.connect()?.post("/sign-in", &[("origin", &kith.origin)], &form)?;
    Ok(start.elapsed().as_secs_f64() * 1_000.0)
}

/// Sends long texts over many connections without a session, and prints the memory that this used.
pub fn bodies(kith: &Kith) -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    println!("\n{STRANGERS} connections without a session send {TEXT} bytes each");
    let Some(before) = sizes::resident(kith.id()) else {
        println!("memory is not known on this system");
        return Ok(());
    };
    let peak = flood(kith)?;
    thread::sleep(AFTERWARDS);
    let after = sizes::resident(kith.id()).context("Kith is gone")?;
    sizes::memory("more resident memory", Some(peak.saturating_sub(before)), MORE_BUDGET);
    sizes::memory("of which stays afterwards", Some(after.saturating_sub(before)), LEFT_BUDGET);
    Ok(())
}

/// Returns the most megabytes that Kith uses while they send.
fn flood(kith: &Kith) -> Result<u64> {
    let head = format!(
        "POST /posts HTTP/1.1\r\nhost: {}\r\nsec-fetch-site: same-origin\r\norigin: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {TEXT}\r\n\r\nbody=",
        kith.host, kith.origin
    );
    let mut streams = Vec::with_capacity(STRANGERS);
    for _ in 0..STRANGERS {
        let mut stream = TcpStream::connect(("127.0.0.1", kith.port)).context("no further connection is taken")?;
        stream.write_all(head.as_bytes())?;
        stream.set_nonblocking(true)?;
        streams.push((stream, TEXT - "body=".len()));
    }
    let (text, end) = (vec![b'x'; 16 * 1_024], Instant::now() + FLOOD);
    let mut peak = 0;
    while Instant::now() < end && !streams.is_empty() {
        streams.retain_mut(|(stream, left)| send(stream, &text, left));
        peak = peak.max(sizes::resident(kith.id()).context("Kith is gone")?);
        thread::sleep(Duration::from_millis(20));
    }
    Ok(peak)
}

/// Sends a piece of the rest of the text; returns true while the connection is open.
fn send(stream: &mut TcpStream, text: &[u8], left: &mut usize) -> bool {
    match stream.write(&text[..text.len().min(*left)]) {
        Ok(sent) => {
            *left -= sent;
            true
        }
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}
