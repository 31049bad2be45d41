//! Checks that do not run Kith: format, clippy, the contents of the wasm, `.sqlx`, sizes.

use anyhow::{Result, ensure};

use super::{Run, counts::Counts};
use crate::{
    assets, prepare, process,
    wasm::{self, TARGET},
    workspace,
};

/// Crates that would carry the server into the browser.
const IMPURE: [&str; 7] = ["server", "sqlx", "tokio", "axum", "hyper", "tower", "rustls"];

pub fn format(_: &Run) -> Result<Counts> {
    process::run(workspace::cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Counts::default())
}

/// Checks the tools only: [`sqlx`] checks Kith itself.
pub fn clippy(_: &Run) -> Result<Counts> {
    let mut cargo = workspace::cargo();
    process::run(cargo.arg("clippy").args(workspace::XTASK).args(["--all-targets", "--", "--deny", "warnings"]))?;
    Ok(Counts::default())
}

pub fn clippy_wasm(_: &Run) -> Result<Counts> {
    wasm::require_target()?;
    let mut cargo = workspace::cargo();
    cargo.args(["clippy", "--lib", "--package", "kith", "--package", "app", "--target", TARGET]);
    cargo.args(["--no-default-features", "--features", "kith/hydrate,app/hydrate", "--", "--deny", "warnings"]);
    process::run(&mut cargo)?;
    Ok(Counts::default())
}

/// The wasm must not contain the server's crates: a password hash cannot leak from code that is not there.
pub fn purity(_: &Run) -> Result<Counts> {
    let mut cargo = workspace::cargo();
    cargo.args(["tree", "--package", "kith", "--target", TARGET, "--edges", "normal", "--prefix", "none"]);
    let tree = process::capture(cargo.args(["--format", "{p}"]).args(wasm::FEATURES))?;
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    let found: Vec<&str> = names.filter(|name| IMPURE.contains(name)).collect();
    ensure!(found.is_empty(), "The wasm build holds {}: see `cargo tree --invert`.", found.join(", "));
    println!("None of {} is in the wasm.", IMPURE.join(", "));
    Ok(Counts::default())
}

pub fn sqlx(run: &Run) -> Result<Counts> {
    prepare::check(run.cluster()?)?;
    Ok(Counts::default())
}

pub fn budgets(_: &Run) -> Result<Counts> {
    let site = assets::build()?;
    let mut over = Vec::new();
    for (what, files, budget) in assets::BUDGETS {
        let size = assets::transfer_sizes(&site, files)?;
        println!("{what}: {size} bytes of {budget}");
        if size > budget {
            over.push(what);
        }
    }
    ensure!(over.is_empty(), "Over budget: {}.", over.join(", "));
    Ok(Counts::default())
}
