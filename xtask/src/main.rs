//! `cargo xtask`: every task in this checkout besides editing. `cargo xtask help` lists the commands.

use std::process::ExitCode;

use anyhow::{Result, bail};

mod assets;
mod bench;
mod devdb;
mod digest;
mod dist;
mod github;
mod guard;
mod http;
mod issuer;
mod kith;
mod prepare;
mod process;
mod run;
mod system;
mod test;
mod wasm;
mod workspace;

const USAGE: &str = "\
cargo xtask run [--release]    builds everything, finds Postgres, and serves Kith on http://127.0.0.1:3000
cargo xtask test [part] [args] everything CI runs; one part: lint, rust, browser, dist
    --quick                    lints, unit tests, and the HTTP tests of what changed
    --postgres <version>       with this major version of Postgres
cargo xtask db start|stop|url|psql|reset
                               the database of this checkout
cargo xtask prepare [--check]  writes what sqlx needs to check queries without a database (.sqlx)
cargo xtask assets             builds target/site: wasm, styles, scripts, fonts
cargo xtask dist               builds one self-contained file, target/dist/kith
cargo xtask bench              measures against the budgets
cargo xtask bench million      the same for a site of a million posts";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = if args.first().is_some_and(|arg| arg == guard::COMMAND) {
        guard::serve()
    } else {
        let result = guard::start().and_then(|()| dispatch(&args));
        guard::wait_if_interrupted();
        guard::finish();
        result
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let (command, rest) = args.split_first().map_or(("help", args), |(command, rest)| (command.as_str(), rest));
    match command {
        "run" => run::run(rest),
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "dist" => dist::build().map(|file| println!("{}", file.display())),
        "db" => devdb::commands::run(rest),
        "prepare" => prepare::run(rest),
        "assets" => assets::build().map(|site| println!("{}", site.display())),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("There is no `{command}`.\n\n{USAGE}"),
    }
}
