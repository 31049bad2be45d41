//! The connection pool and the schema.

pub mod batches;
mod check;
mod far;
mod probe;
mod read_only;
mod settings;

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::{ConnectOptions, PgConnection, PgPool, migrate::Migrator, postgres::PgPoolOptions};

use crate::{base, config};
pub use check::{Finding, Unusable, findings, require};
pub(crate) use far::FarTime;
pub use probe::{Unreachable, probe, reason};

/// A connection, for modules that pass it on without knowing SQL.
pub type Connection = sqlx::PgConnection;

/// All migrations, inside the binary. A schema newer than this binary is served (see `migrations/README.md`).
pub static MIGRATOR: Migrator = {
    let mut migrator = sqlx::migrate!("../migrations");
    migrator.ignore_missing = true;
    migrator
};

/// The timeout of a request that waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(3);

/// Opens the pool. Connections are made when first needed, so that a server can start before its database.
///
/// # Errors
/// When the URL is invalid.
pub fn connect(url: &SecretString, max_connections: u32) -> sqlx::Result<PgPool> {
    let options = config::database_options(url.expose_secret())?
        .application_name("kith")
        .log_statements(log::LevelFilter::Trace)
        .log_slow_statements(log::LevelFilter::Warn, Duration::from_secs(1))
        .options(settings::SETTINGS);
    Ok(PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE)
        .max_lifetime(Duration::from_secs(30 * 60))
        .before_acquire(|_, meta| Box::pin(std::future::ready(Ok(base::read_only::may_keep(meta.age)))))
        .connect_lazy_with(options))
}

/// Migrates the schema to this binary, one instance at a time.
///
/// # Errors
/// When a migration fails; it is rolled back completely, and those before it stay.
pub async fn migrate(db: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    let mut conn = db.acquire().await?;
    // Building an index may take longer than the timeouts of a page.
    for setting in ["set statement_timeout = 0", "set lock_timeout = '30s'"] {
        sqlx::query(setting).execute(&mut *conn).await?;
    }
    let done = MIGRATOR.run_direct(&mut *conn).await;
    // The connection has lost its limits: it must not return to the pool.
    conn.close_on_drop();
    done
}

/// Returns true if the schema has every migration of this binary.
///
/// # Errors
/// When the database does not answer.
pub async fn is_current(db: &mut PgConnection) -> sqlx::Result<bool> {
    let newest = MIGRATOR.iter().map(|m| m.version).max().unwrap_or(0);
    sqlx::query_scalar::<_, bool>("select exists (select 1 from _sqlx_migrations where version = $1 and success)")
        .bind(newest)
        .fetch_one(db)
        .await
        .or_else(|error| match error.as_database_error().and_then(|e| e.code()) {
            // No such table: nothing has been migrated yet.
            Some(code) if code == "42P01" => Ok(false),
            _ => Err(error),
        })
}

/// The readiness of the database for visitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// The schema is older than this binary.
    Outdated,
    /// The database takes no writes: a standby, or `default_transaction_read_only`.
    ReadOnly,
}

/// Checks the schema and a connection from the pool. Closes a read-only connection and decides by a connection made
/// after that.
///
/// # Errors
/// When the database does not answer.
pub async fn readiness(db: &PgPool) -> sqlx::Result<Readiness> {
    for _ in 0..2 {
        let mut conn = db.acquire().await?;
        if !read_only::is_read_only(&mut conn).await? {
            let current = is_current(&mut conn).await?;
            return Ok(if current { Readiness::Ready } else { Readiness::Outdated });
        }
        base::read_only::note();
        conn.close().await?;
    }
    Ok(Readiness::ReadOnly)
}
