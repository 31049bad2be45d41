//! `cargo xtask run`: from a fresh clone to a page in the browser.

use std::{env, path::PathBuf, process::Command};

use anyhow::{Result, bail, ensure};

use crate::{
    assets, devdb,
    github::GitHub,
    process::{self, Running},
    workspace,
};

/// Builds, finds a database, migrates, seeds, serves until Ctrl-C.
pub fn run(args: &[String]) -> Result<()> {
    let release = match args {
        [] => false,
        [flag] if flag == "--release" => true,
        _ => bail!("usage: cargo xtask run [--release]"),
    };
    eprintln!("Building the browser's part (about a minute the first time).");
    assets::build()?;
    eprintln!("Building the server (about two minutes the first time).");
    let kith = build_server(release)?;
    let database = devdb::url()?;
    let github = stand_in()?;
    let kith = |verb: &str| {
        let mut command = Command::new(&kith);
        command.arg(verb).current_dir(workspace::root());
        command.env("DATABASE_URL", &database).env("KITH_ORIGIN", origin());
        command.envs(github.iter().flat_map(GitHub::settings));
        command
    };
    process::run(&mut kith("migrate"))?;
    process::run(&mut kith("seed"))?;
    let status = Running::start(&mut kith("serve"))?.wait()?;
    ensure!(status.success(), "Kith ended ({status}).");
    Ok(())
}

/// The address of the local GitHub. Always the same: identities refer to it.
const STAND_IN: &str = "127.0.0.1:3001";

/// Starts a local GitHub for OAuth sign-in, unless a real one is configured.
fn stand_in() -> Result<Option<GitHub>> {
    if ["KITH_CONFIG", "KITH_GITHUB_CLIENT_ID", "KITH_GITHUB_CLIENT_ID_FILE"]
        .iter()
        .any(|name| env::var_os(name).is_some())
    {
        return Ok(None);
    }
    GitHub::build()?;
    match GitHub::start(STAND_IN, &origin()) {
        Ok(github) => {
            eprintln!("GitHub is a stand-in at {}; a real one is used when KITH_GITHUB_CLIENT_ID is set.", github.url);
            Ok(Some(github))
        }
        Err(why) => {
            eprintln!("There is no GitHub to come in with: {why:#}");
            Ok(None)
        }
    }
}

/// Builds the server, and returns the path of its binary.
pub fn build_server(release: bool) -> Result<PathBuf> {
    let more: &[&str] = if release { &["--release"] } else { &[] };
    build_with(more)?;
    Ok(workspace::target()?.join(if release { "release/kith" } else { "debug/kith" }))
}

/// Builds an optimised server that also has the page for the bench comparison.
pub fn build_for_bench() -> Result<PathBuf> {
    build_with(&["--release", "--features", "bench"])?;
    Ok(workspace::target()?.join("release/kith"))
}

fn build_with(more: &[&str]) -> Result<()> {
    process::run(workspace::cargo().args(["build", "--package", "kith", "--bin", "kith"]).args(more))
}

/// Returns the origin of Kith; follows a listening address given in the environment.
fn origin() -> String {
    let listen = || env::var("KITH_LISTEN").map(|address| format!("http://{address}"));
    let origin = env::var("KITH_ORIGIN").or_else(|_| listen());
    origin.unwrap_or_else(|_| "http://127.0.0.1:3000".to_owned())
}
