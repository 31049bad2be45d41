//! The tests in Rust, each with a database of its own in the run's cluster.

use std::{
    io::{BufRead, BufReader, IsTerminal, Read, stderr},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::{Run, browser, counts::Counts, trace};
use crate::{
    assets,
    devdb::schema,
    process::{self, Running},
    system, workspace,
};

pub fn check(run: &Run) -> Result<Counts> {
    // The router's tests request the assets.
    assets::build()?;
    // The mail server of the mail tests.
    system::require_python("aiosmtpd", "python3-aiosmtpd")?;
    // The proxy in front of the server in the upload tests.
    system::offer_nginx();
    // The bucket of the picture tests.
    browser::install_packages()?;
    let nextest = process::exists("cargo-nextest");
    schema::migrate_template(run.cluster()?)?;
    let traced = trace::folder("rust")?;
    let mut counts = Counts::default();
    for packages in [&workspace::XTASK[..], &workspace::KITH] {
        let failed_before = counts.failed;
        let mut cargo = tests_of(packages, nextest);
        cargo.args(&run.args).env("DATABASE_URL", trace::with_password(&run.cluster()?.url("kith")));
        cargo.env("KITH_TRACE_DIR", &traced);
        let succeeded = count(&mut cargo, nextest, &mut counts)?;
        // A failure without a failed test prevented tests from running, for example a compile error.
        ensure!(succeeded || counts.failed > failed_before, "The tests did not run to their end.");
    }
    counts.add(trace::check(&traced, &trace::KINDS, run.args.is_empty())?);
    Ok(counts)
}

fn tests_of(packages: &[&str], nextest: bool) -> Command {
    let mut cargo = workspace::cargo();
    if nextest {
        cargo.args(["nextest", "run", "--no-tests", "pass", "--config-file", "xtask/nextest.toml"]);
    } else {
        cargo.arg("test");
    }
    let color = if stderr().is_terminal() { "always" } else { "never" };
    cargo.args(packages).args(["--no-fail-fast", "--color", color]);
    cargo
}

/// Runs the tests with their output on the terminal and counts them. nextest reports on the error output.
fn count(command: &mut Command, nextest: bool, counts: &mut Counts) -> Result<bool> {
    if nextest {
        command.stderr(Stdio::piped());
    } else {
        command.stdout(Stdio::piped());
    }
    let mut running = Running::start(command)?;
    let child = running.child();
    let report: Option<Box<dyn Read>> = match (child.stderr.take(), child.stdout.take()) {
        (Some(report), _) => Some(Box::new(report)),
        (None, Some(report)) => Some(Box::new(report)),
        (None, None) => None,
    };
    for line in BufReader::new(report.context("no output to count in")?).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        if nextest {
            counts.read_nextest(&line);
        } else {
            counts.read_cargo_test(&line);
        }
        eprintln!("{line}");
    }
    Ok(running.wait()?.success())
}
