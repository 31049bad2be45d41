//! The schema, without building the server that has it inside.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha384};

use super::Cluster;
use crate::workspace;

/// The table in which sqlx records the migrations that it ran.
const LEDGER: &str = "create table _sqlx_migrations (version bigint primary key, description text not null,
    installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null,
    execution_time bigint not null);";

/// Runs the migrations as they are, in the order of their names.
pub fn migrate(cluster: &Cluster, database: &str) -> Result<()> {
    for file in files()? {
        let statements = fs::read_to_string(&file)?;
        cluster.execute(database, &statements).with_context(|| format!("{} does not apply", file.display()))?;
    }
    Ok(())
}

/// Makes every new database have the schema from the start, as sqlx would have created it: our tests then spend no time
/// on migrations.
pub fn migrate_template(cluster: &Cluster) -> Result<()> {
    migrate(cluster, "template1")?;
    let mut ledger = LEDGER.to_owned();
    for file in files()? {
        let (version, description) = named(&file)?;
        let checksum = Sha384::digest(fs::read(&file)?);
        write!(
            ledger,
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values ({version}, '{description}', true, '\\x{checksum:x}', 0);"
        )?;
    }
    cluster.execute("template1", &ledger)
}

/// Returns the migrations in their order.
fn files() -> Result<Vec<PathBuf>> {
    let dir = workspace::root().join("migrations");
    let mut files = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|kind| kind == "sql"));
    files.sort();
    Ok(files)
}

/// Returns the parts that sqlx reads from a file's name: `20261120110100_users_and_sessions.sql`.
fn named(file: &Path) -> Result<(i64, String)> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).context("a migration without a name")?;
    let (version, description) = stem.split_once('_').with_context(|| format!("{stem} has no number"))?;
    Ok((version.parse()?, description.replace('_', " ")))
}
