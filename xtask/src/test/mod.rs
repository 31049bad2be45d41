//! `cargo xtask test`: every check, cheapest first, and a count at the end.
//!
//! On a developer's machine it stops at the first step that fails; in CI (`--ci`) it continues, so that one run reports
//! everything. `--quick` runs the lints, the unit tests, and the HTTP tests of what changed.

mod browser;
mod counts;
mod deny;
mod dist;
mod layers;
mod lint;
mod packages;
mod prose;
mod quick;
mod rust;
mod sizes;
mod trace;

use std::{
    cell::OnceCell,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::devdb::{Cluster, throwaway};
use counts::Counts;

/// The data that the steps of one run share.
pub struct Run {
    ci: bool,
    /// Passed on to the test programs.
    args: Vec<String>,
    /// The major version of Postgres to test with; `None` for the newest on the machine.
    postgres: Option<u32>,
    cluster: OnceCell<Cluster>,
}

/// One check.
struct Step {
    part: &'static str,
    name: &'static str,
    check: fn(&Run) -> Result<Counts>,
}

const STEPS: [Step; 14] = [
    Step { part: "lint", name: "format", check: lint::format },
    Step { part: "lint", name: "plain English", check: prose::check },
    Step { part: "lint", name: "order of the modules", check: layers::check },
    Step { part: "lint", name: "sizes of the files", check: sizes::check },
    Step { part: "lint", name: "clippy for the tools", check: lint::clippy },
    Step { part: "lint", name: "clippy for the browser", check: lint::clippy_wasm },
    Step { part: "lint", name: "purity of the wasm", check: lint::purity },
    Step { part: "lint", name: "clippy, and .sqlx is fresh", check: lint::sqlx },
    Step { part: "lint", name: "budgets of the assets", check: lint::budgets },
    Step { part: "rust", name: "rust tests", check: rust::check },
    Step { part: "browser", name: "types of the browser tests", check: browser::types },
    Step { part: "browser", name: "browser tests", check: browser::check },
    Step { part: "lint", name: "dependencies", check: deny::check },
    Step { part: "dist", name: "the one file", check: dist::check },
];

/// The outcome of a step.
enum Outcome {
    Passed(Counts),
    Failed(Counts),
    NotRun,
}

/// Runs all steps, or those of one part.
pub fn run(args: &[String]) -> Result<()> {
    let (flags, mut rest): (Vec<_>, Vec<_>) = args.iter().cloned().partition(|arg| arg == "--ci");
    let ci = !flags.is_empty();
    let postgres = take_postgres(&mut rest)?;
    let part = rest.first().filter(|first| STEPS.iter().any(|step| step.part == first.as_str())).cloned();
    if part.is_some() {
        rest.remove(0);
    } else if let Some(first) = rest.first().filter(|first| *first != "--quick") {
        bail!("There is no part `{first}`: lint, rust, browser or dist; or --quick.");
    }
    let quick = rest.first().is_some_and(|arg| arg == "--quick");
    if quick {
        rest = quick::arguments()?;
    }
    let wanted = |step: &&Step| match &part {
        _ if quick => quick::STEPS.contains(&step.name),
        Some(part) => step.part == part,
        // Only CI builds everything once more.
        None => ci || step.part != "dist",
    };
    if part.is_none() && !quick {
        packages::upgrade();
    }
    let run = Run { ci, args: rest, postgres, cluster: OnceCell::new() };
    let outcomes: Vec<_> = run.through(STEPS.iter().filter(wanted));
    summarise(&outcomes)
}

/// Takes `--postgres <major version>` out of the arguments.
fn take_postgres(args: &mut Vec<String>) -> Result<Option<u32>> {
    let Some(at) = args.iter().position(|arg| arg == "--postgres") else { return Ok(None) };
    let major = args.get(at + 1).and_then(|version| version.parse().ok());
    args.drain(at..(at + 2).min(args.len()));
    major.map(Some).context("--postgres needs a major version, such as 18")
}

impl Run {
    /// Returns the run's own Postgres, started at the first call.
    fn cluster(&self) -> Result<&Cluster> {
        if self.cluster.get().is_none() {
            self.cluster.set(throwaway::open(self.postgres)?).ok();
        }
        self.cluster.get().ok_or_else(|| anyhow::anyhow!("the cluster is gone"))
    }

    fn through<'a>(&self, steps: impl Iterator<Item = &'a Step>) -> Vec<(&'a str, Outcome, Duration)> {
        let mut outcomes = Vec::new();
        let mut failed = false;
        for step in steps {
            let start = Instant::now();
            let outcome = if failed && !self.ci { Outcome::NotRun } else { self.take(step) };
            failed |= matches!(outcome, Outcome::Failed(_));
            outcomes.push((step.name, outcome, start.elapsed()));
        }
        outcomes
    }

    fn take(&self, step: &Step) -> Outcome {
        eprintln!("\n── {} ──", step.name);
        let checked = (step.check)(self);
        crate::guard::wait_if_interrupted();
        match checked {
            Ok(counts) if counts.failed == 0 => Outcome::Passed(counts),
            Ok(counts) => Outcome::Failed(counts),
            Err(error) => {
                eprintln!("{error:#}");
                // A step that fails as a whole counts as one failure, so that the last line does not report none.
                Outcome::Failed(Counts { failed: 1, ..Counts::default() })
            }
        }
    }
}

fn summarise(outcomes: &[(&str, Outcome, Duration)]) -> Result<()> {
    println!();
    let mut total = Counts::default();
    for (name, outcome, took) in outcomes {
        let (word, counts) = match outcome {
            Outcome::Passed(counts) => ("ok", counts.clone()),
            Outcome::Failed(counts) => ("FAILED", counts.clone()),
            Outcome::NotRun => ("not run", Counts::default()),
        };
        let detail = if counts.passed + counts.failed > 0 { counts.to_string() } else { String::new() };
        println!("{word:<8} {:>7.1} s  {name:<28} {detail}", took.as_secs_f64());
        total.add(counts);
    }
    println!();
    for failure in &total.failures {
        println!("failed: {failure}");
    }
    println!("{total}");
    if total.failed > 0 {
        bail!("Not everything holds.");
    }
    Ok(())
}
