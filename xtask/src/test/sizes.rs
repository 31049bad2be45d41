//! The size of files: a file that resists a short description is usually a long one.

use std::fs;

use anyhow::{Result, ensure};

use super::{Run, counts::Counts, prose::rust_files};
use crate::workspace;

/// The folders with our sources.
const SOURCES: [&str; 5] = ["app", "end2end", "server", "src", "xtask"];
/// The most lines of a file.
const MAX_LINES: usize = 300;

/// Fails if a file is too long; prints the median and the 90th percentile.
pub fn check(_: &Run) -> Result<Counts> {
    let mut sizes = Vec::new();
    for folder in SOURCES {
        for file in rust_files(&workspace::root().join(folder))? {
            sizes.push((fs::read_to_string(&file)?.lines().count(), file));
        }
    }
    sizes.sort();
    let lines = |percent: usize| sizes.get(sizes.len() * percent / 100).map_or(0, |(lines, _)| *lines);
    println!("{} files; median {} lines, 90 % up to {}", sizes.len(), lines(50), lines(90));
    let long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > MAX_LINES).collect();
    long.iter().for_each(|(lines, file)| println!("{}: {lines} lines", file.display()));
    ensure!(long.is_empty(), "A file has at most {MAX_LINES} lines: split it by what it does.");
    Ok(Counts::default())
}
