//! Statements as they are served: their text from `.sqlx`, on a connection with the server's settings, prepared once
//! and executed many times, so that Postgres settles on a plan as it does for an instance of the server.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::settings::SETTINGS;
use crate::{devdb::Cluster, process, workspace};

/// The executions in a round; the first few are not counted: Postgres plans them one by one.
const EXECUTIONS: usize = 400;
const WARM_UP: usize = 10;

/// A machine that does other things as well is slower in some rounds; the best one shows the cost of the statement.
const ROUNDS: usize = 3;

/// A hot statement.
pub struct Hot {
    pub name: &'static str,
    /// A part of its text that is in no other statement.
    pub part: &'static str,
    /// The milliseconds in which 99 of 100 executions must end.
    pub budget: f64,
    /// The cases and their parameters: SQL, in which `:name` is a fact of the database and `:n` the number of the
    /// execution.
    pub cases: &'static [(&'static str, &'static str)],
}

/// Facts of the database: the ids of users and posts for the parameters.
pub type Facts = BTreeMap<String, String>;

/// Measures every case of a statement and prints it; returns true if all were within the budget.
pub fn measure(cluster: &Cluster, database: &str, hot: &Hot, facts: &Facts) -> Result<bool> {
    let (text, types) = recorded(hot.part)?;
    println!("\n{} (budget: p99 at most {} ms at the database; best of {ROUNDS} rounds)", hot.name, hot.budget);
    println!("{:<44} {:>8} {:>8} {:>8}   p99 of the rounds", "", "p50 ms", "p95 ms", "p99 ms");
    let mut kept = true;
    for (case, parameters) in hot.cases {
        let script = script(&text, &types, parameters, facts);
        let mut rounds = (0..ROUNDS).map(|_| round(cluster, database, &script)).collect::<Result<Vec<_>>>()?;
        rounds.sort_by(|a, b| percentile(a, 99).total_cmp(&percentile(b, 99)));
        let best = &rounds[0];
        let all: Vec<String> = rounds.iter().map(|round| format!("{:.1}", percentile(round, 99))).collect();
        let over = percentile(best, 99) > hot.budget;
        println!(
            "{case:<44} {:>8.2} {:>8.2} {:>8.2}   {}{}",
            percentile(best, 50),
            percentile(best, 95),
            percentile(best, 99),
            all.join(", "),
            if over { "  OVER BUDGET" } else { "" }
        );
        kept &= !over;
    }
    Ok(kept)
}

/// Returns the one recorded statement with this part, and the types of its parameters.
fn recorded(part: &str) -> Result<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(workspace::root().join(".sqlx"))? {
        let query: Value = serde_json::from_str(&fs::read_to_string(entry?.path())?)?;
        if query["query"].as_str().is_some_and(|text| text.contains(part)) {
            found.push(query);
        }
    }
    ensure!(found.len() == 1, "{} statements in .sqlx say `{part}`", found.len());
    let text = found[0]["query"].as_str().context("no text")?.to_owned();
    let types = found[0]["describe"]["parameters"]["Left"].as_array().context("no parameters")?;
    let types: Vec<String> = types.iter().filter_map(|name| name.as_str()).map(sql_type).collect();
    Ok((text, types.join(", ")))
}

/// Converts a type's name of sqlx to SQL: `Int8Array` is `int8[]`.
fn sql_type(name: &str) -> String {
    let name = name.to_lowercase();
    name.strip_suffix("array").map_or(name.clone(), |element| format!("{element}[]"))
}

fn script(text: &str, types: &str, parameters: &str, facts: &Facts) -> String {
    let mut script = String::from("\\o /dev/null\n");
    for (name, value) in facts {
        script.push_str(&format!("\\set {name} {value}\n"));
    }
    script.push_str(&format!("prepare hot ({types}) as {text};\n\\timing on\n"));
    for n in 0..WARM_UP + EXECUTIONS {
        script.push_str(&format!("\\set n {n}\nexecute hot ({parameters});\n"));
    }
    script
}

/// Returns the sorted times of one connection's executions, in milliseconds.
fn round(cluster: &Cluster, database: &str, script: &str) -> Result<Vec<f64>> {
    let file = workspace::target()?.join("bench.sql");
    fs::write(&file, script)?;
    let options: Vec<String> = SETTINGS.iter().map(|(name, value)| format!("-c {name}={value}")).collect();
    let mut psql = cluster.psql(database);
    let said = process::capture(psql.env("PGOPTIONS", options.join(" ")).arg("--file").arg(&file))?;
    let times = said.lines().filter_map(|line| line.strip_prefix("Time: ")?.split(' ').next()?.parse().ok());
    let mut times: Vec<f64> = times.skip(WARM_UP).collect();
    ensure!(times.len() == EXECUTIONS, "psql told of {} executions", times.len());
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// Returns the time within which this many of a hundred sorted times are.
pub fn percentile(times: &[f64], hundredths: usize) -> f64 {
    times.get(times.len().saturating_sub(1) * hundredths / 100).copied().unwrap_or(f64::NAN)
}
