//! `cargo xtask dist`: one file with everything inside, for machines with nothing but Postgres within reach.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

use crate::{assets, process, workspace};

/// Builds `target/dist/kith` without anything of development; gives its path.
pub fn build() -> Result<PathBuf> {
    let built = build_with("release")?;
    let place = workspace::root().join("target/dist");
    fs::create_dir_all(&place)?;
    let file = place.join("kith");
    // Not over the old file: it may be running.
    fs::remove_file(&file).ok();
    fs::copy(built, &file).context("cannot copy the binary")?;
    Ok(file)
}

/// The same but for its speed, in a third of the time.
pub fn build_slow() -> Result<PathBuf> {
    build_with("slow-release")
}

fn build_with(profile: &str) -> Result<PathBuf> {
    // Embedded when compiled, so first.
    assets::build()?;
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--profile", profile, "--package", "kith", "--bin", "kith"]);
    process::run(cargo.args(["--no-default-features", "--features", "ssr"]))?;
    Ok(workspace::target()?.join(profile).join("kith"))
}
