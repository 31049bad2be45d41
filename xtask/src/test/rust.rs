//! The tests in Rust, each with a database of its own in the run's cluster.

use std::{
    io::{BufRead, BufReader, IsTerminal, Read, stderr},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::{Run, counts::Counts};
use crate::{
    assets,
    process::{self, Running},
    workspace,
};

pub fn check(run: &Run) -> Result<Counts> {
    // The router's tests ask for the assets.
    assets::build()?;
    let nextest = process::exists("cargo-nextest");
    let mut cargo = workspace::cargo();
    if nextest {
        cargo.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
        cargo.args(["--no-tests", "pass", "--config-file", "xtask/nextest.toml"]);
    } else {
        cargo.args(["test", "--workspace", "--no-fail-fast"]);
    }
    let color = if stderr().is_terminal() {
        "always"
    } else {
        "never"
    };
    cargo.args(["--color", color]).args(&run.args);
    cargo.env("DATABASE_URL", run.cluster()?.url("kith"));
    let (succeeded, counts) = count(&mut cargo, nextest)?;
    // A failure without a failed test is one that kept tests from running: it did not compile, say.
    ensure!(
        succeeded || counts.failed > 0,
        "The tests did not run to their end."
    );
    Ok(counts)
}

/// Runs the tests with their output on the terminal and counts along. nextest reports on the error output.
fn count(command: &mut Command, nextest: bool) -> Result<(bool, Counts)> {
    if nextest {
        command.stderr(Stdio::piped());
    } else {
        command.stdout(Stdio::piped());
    }
    let mut running = Running::start(command)?;
    let child = running.child();
    let output: Option<Box<dyn Read>> = if nextest {
        child.stderr.take().map(|o| Box::new(o) as _)
    } else {
        child.stdout.take().map(|o| Box::new(o) as _)
    };
    let mut counts = Counts::default();
    for line in BufReader::new(output.context("no output to count in")?).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        if nextest {
            counts.read_nextest(&line);
        } else {
            counts.read_cargo_test(&line);
        }
        eprintln!("{line}");
    }
    Ok((running.wait()?.success(), counts))
}
