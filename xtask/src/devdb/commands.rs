//! `cargo xtask db …`

use std::{os::unix::process::CommandExt, process::Command};

use anyhow::{Result, bail};

use super::{given, private};
use crate::guard;

/// The usage of `db`, for the help text.
pub const USAGE: &str = "cargo xtask db start|stop|url|psql|reset";

/// Runs `db <args>`.
pub fn run(args: &[String]) -> Result<()> {
    let (verb, rest) = args.split_first().map_or(("", args), |(verb, rest)| (verb.as_str(), rest));
    if let Some(url) = given() {
        return with_given(verb, &url, rest);
    }
    match verb {
        "start" => {
            let cluster = private::open()?;
            private::keep()?;
            println!("Postgres runs until `cargo xtask db stop`: {}", cluster.url("kith"));
        }
        "stop" => {
            private::stop()?;
            println!("Postgres is stopped. Its data is kept.");
        }
        "url" => {
            let cluster = private::open()?;
            private::keep()?;
            println!("{}", cluster.url("kith"));
        }
        "psql" => {
            let cluster = private::open()?;
            private::keep()?;
            eprintln!("Postgres runs until `cargo xtask db stop`.");
            let mut psql = Command::new(cluster.binaries.psql());
            return become_program(psql.arg(cluster.url("kith")).args(rest));
        }
        "reset" => {
            private::reset()?;
            println!("The database is gone; the next start makes an empty one.");
        }
        _ => bail!("usage: {USAGE}"),
    }
    Ok(())
}

fn with_given(verb: &str, url: &str, rest: &[String]) -> Result<()> {
    match verb {
        "url" => println!("{url}"),
        "psql" => return become_program(Command::new("psql").arg(url).args(rest)),
        "start" => {
            println!("DATABASE_URL is set: that database is used, and there is nothing to start.")
        }
        "stop" | "reset" => bail!("DATABASE_URL is set: that database is not ours to {verb}."),
        _ => bail!("usage: {USAGE}"),
    }
    Ok(())
}

/// Replaces our process: `psql` needs the terminal, Ctrl-C included.
fn become_program(command: &mut Command) -> Result<()> {
    guard::finish();
    Err(command.exec().into())
}
