//! cargo-deny: licences, sources and bans always; known vulnerabilities if their database can be reached.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::{Run, counts::Counts};
use crate::{process, workspace};

/// The version that the configuration was written for.
const VERSION: &str = "0.20.2";

pub fn check(_: &Run) -> Result<Counts> {
    install()?;
    process::run(deny().args([
        "check",
        "--hide-inclusion-graph",
        "--allow",
        "duplicate",
        "bans",
        "licenses",
        "sources",
    ]))?;
    if process::run(deny().args(["fetch", "db"]).stderr(Stdio::null())).is_ok() {
        process::run(deny().args(["--offline", "check", "advisories"]))?;
    } else {
        eprintln!("\n!!! SKIPPED: the database of known vulnerabilities cannot be reached from here.");
        eprintln!("!!! Nothing is known about vulnerable dependencies until this runs where it can be.\n");
    }
    Ok(Counts::default())
}

fn deny() -> Command {
    let mut cargo = workspace::cargo();
    cargo.arg("deny");
    // Without network access, git should fail rather than wait.
    cargo.env("GIT_HTTP_LOW_SPEED_LIMIT", "1000").env("GIT_HTTP_LOW_SPEED_TIME", "20").env("GIT_TERMINAL_PROMPT", "0");
    cargo
}

/// Installs cargo-deny without optimisation, which would take four times as long as it ever saves.
fn install() -> Result<()> {
    if process::exists("cargo-deny") {
        return Ok(());
    }
    eprintln!("Installing cargo-deny {VERSION} (a minute or two, once).");
    let mut cargo = workspace::cargo();
    cargo.args(["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--quiet"]);
    process::run(&mut cargo).context("cannot install cargo-deny")
}
