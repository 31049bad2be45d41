//! `cargo xtask prepare`: the data of sqlx about each query, written to `.sqlx` so that a build needs no database.
//!
//! The queries are described by a fresh database with all migrations. Cargo does not see that sqlx reads environment
//! variables, so the sources with queries are touched, before (to be compiled with them) and after (to be compiled
//! without them next time).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    devdb::{Cluster, schema, throwaway},
    process, workspace,
};

/// The text by which a source with queries is recognised.
const MARKS: [&str; 3] = ["sqlx::query", "query!(", "query_as!("];

/// Writes `.sqlx`; with `--check` only checks that it is current.
pub fn run(args: &[String]) -> Result<()> {
    let cluster = throwaway::open(None)?;
    match args {
        [] => write(&cluster),
        [flag] if flag == "--check" => check(&cluster),
        _ => bail!("usage: cargo xtask prepare [--check]"),
    }
}

/// Fails if clippy reports anything, or if the committed `.sqlx` differs from the result of the current queries and
/// migrations: one compilation shows both.
pub fn check(cluster: &Cluster) -> Result<()> {
    let fresh = scratch()?;
    let mut clippy = workspace::cargo();
    clippy.arg("clippy").args(workspace::KITH).args(["--all-targets", "--", "--deny", "warnings"]);
    describe(cluster, &mut clippy, &fresh)?;
    let (fresh, committed) = (contents(&fresh)?, contents(&committed())?);
    ensure!(
        fresh == committed,
        "`.sqlx` is stale ({}): run `cargo xtask prepare` and commit what it writes.",
        difference(&fresh, &committed)
    );
    println!("`.sqlx` describes all {} queries.", committed.len());
    Ok(())
}

fn write(cluster: &Cluster) -> Result<()> {
    let fresh = scratch()?;
    let mut check = workspace::cargo();
    describe(cluster, check.arg("check").args(workspace::KITH).arg("--all-targets"), &fresh)?;
    let (fresh, committed) = (contents(&fresh)?, committed());
    fs::create_dir_all(&committed)?;
    for name in contents(&committed)?.keys().filter(|name| !fresh.contains_key(*name)) {
        fs::remove_file(committed.join(name))?;
    }
    for (name, text) in &fresh {
        fs::write(committed.join(name), text)?;
    }
    println!("`.sqlx` describes {} queries.", fresh.len());
    Ok(())
}

/// Compiles Kith with `cargo` against a fresh database, which makes sqlx write one file for each query into `dir`.
fn describe(cluster: &Cluster, cargo: &mut Command, dir: &Path) -> Result<()> {
    let database = "prepare";
    cluster.create_database(database)?;
    schema::migrate(cluster, database)?;
    let sources = sources_with_queries()?;
    touch(&sources)?;
    cargo.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", dir).env("DATABASE_URL", cluster.url(database));
    let checked = process::run(cargo);
    touch(&sources)?;
    checked
}

fn committed() -> PathBuf {
    workspace::root().join(".sqlx")
}

fn scratch() -> Result<PathBuf> {
    let dir = workspace::root().join("target/sqlx");
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    Ok(dir)
}

fn contents(dir: &Path) -> Result<BTreeMap<String, String>> {
    let files = entries(dir)?.into_iter();
    let json = files.filter(|file| file.extension().is_some_and(|kind| kind == "json"));
    json.map(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, fs::read_to_string(&file)?))
    })
    .collect()
}

fn difference(fresh: &BTreeMap<String, String>, committed: &BTreeMap<String, String>) -> String {
    let missing = fresh.keys().filter(|name| !committed.contains_key(*name)).count();
    let idle = committed.keys().filter(|name| !fresh.contains_key(*name)).count();
    let other = fresh.len() - missing - fresh.iter().filter(|(name, text)| committed.get(*name) == Some(text)).count();
    format!("{missing} missing, {idle} no longer used, {other} described differently")
}

fn sources_with_queries() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ["src", "app/src", "server/src"].map(|dir| workspace::root().join(dir)).into();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else if fs::read_to_string(&path).is_ok_and(|text| MARKS.iter().any(|mark| text.contains(mark))) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[expect(clippy::disallowed_methods, reason = "a file's time is not a time of Kith's")]
fn touch(sources: &[PathBuf]) -> Result<()> {
    for source in sources {
        let file = fs::File::options().append(true).open(source)?;
        file.set_modified(std::time::SystemTime::now())?;
    }
    Ok(())
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let list = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    list.map(|entry| Ok(entry?.path())).collect()
}
