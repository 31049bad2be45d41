//! `cargo xtask dist`: one file with everything inside, for machines that can reach only Postgres.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

use crate::{assets, process, workspace};

/// Builds `target/dist/kith` without any development features; returns its path.
pub fn build() -> Result<PathBuf> {
    build_with(&["--release", "--features", "ssr"])?;
    let place = workspace::root().join("target/dist");
    fs::create_dir_all(&place)?;
    let file = place.join("kith");
    // Does not overwrite the old file: it may be running.
    fs::remove_file(&file).ok();
    fs::copy(workspace::target()?.join("release/kith"), &file).context("cannot copy the binary")?;
    Ok(file)
}

/// Builds the same except for its speed, from the files that the tests have compiled already.
pub fn build_slow() -> Result<PathBuf> {
    build_with(&["--features", "ssr,embed"])?;
    Ok(workspace::target()?.join("debug/kith"))
}

fn build_with(more: &[&str]) -> Result<()> {
    // They are embedded at compile time, so build them first.
    assets::build()?;
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--package", "kith", "--bin", "kith", "--no-default-features"]);
    process::run(cargo.args(more))
}
