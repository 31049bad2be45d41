//! Sizes: bytes sent, and memory used.

use std::{fs, path::Path};

use anyhow::{Result, ensure};

use crate::{assets, kith::Kith};

/// Prints the transfer sizes of the assets of a page.
pub fn assets(site: &Path) -> Result<()> {
    println!();
    for (what, files, budget) in assets::BUDGETS {
        let size = assets::transfer_sizes(site, files)?;
        compare(what, size, budget);
    }
    Ok(())
}

/// Prints the size of the feed as a browser receives it: compressed.
pub fn page(kith: &Kith) -> Result<()> {
    let answer = kith.connect()?.get("/", &[("accept-encoding", "br, gzip")])?;
    ensure!(answer.status == 200, "the feed answers {}", answer.status);
    let plain = kith.connect()?.get("/", &[])?;
    compare("feed page", answer.body.len() as u64, 8 * 1024);
    println!("{:<32} {:>9} bytes", "feed page, not compressed", plain.body.len());
    Ok(())
}

/// Returns the megabytes of memory a process uses; only known on Linux.
pub fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

/// Prints a figure of [`resident`] beside its budget.
pub fn memory(what: &str, megabytes: Option<u64>, budget: u64) {
    match megabytes {
        Some(megabytes) => println!("{what:<32} {megabytes:>9} MB    of {budget:>6}{}", mark(megabytes, budget)),
        None => println!("{what:<32} not known on this system"),
    }
}

fn compare(what: &str, size: u64, budget: u64) {
    println!("{what:<32} {size:>9} bytes of {budget:>6}{}", mark(size, budget));
}

fn mark(value: u64, budget: u64) -> &'static str {
    if value > budget { "  OVER BUDGET" } else { "" }
}
