//! `kith migrate`

use anyhow::{Context, Result};
use server::db;
use sqlx::PgPool;

/// Migrates the database, and prints the result.
pub async fn run(pool: &PgPool) -> Result<()> {
    db::migrate(pool).await.context(
        "the database could not be migrated; nothing of the failed step remains, and the steps before it stay",
    )?;
    super::output::note("The database is up to date.");
    Ok(())
}
