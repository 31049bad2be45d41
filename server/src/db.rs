//! The connection pool, and the schema.

mod settings;

use std::{str::FromStr, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    ConnectOptions, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

/// One connection, for whoever passes it on without knowing SQL.
pub type Connection = sqlx::PgConnection;

/// All migrations, inside the binary. A schema newer than this binary is served (see `migrations/README.md`).
pub static MIGRATOR: Migrator = {
    let mut migrator = sqlx::migrate!("../migrations");
    migrator.ignore_missing = true;
    migrator
};

/// How long a request waits for a connection before it is told to try again.
const ACQUIRE: Duration = Duration::from_secs(3);

/// Says why a database URL cannot be used: not Postgres, or not safe on the way.
pub fn check_url(url: &str) -> Result<(), &'static str> {
    let options =
        PgConnectOptions::from_str(url).map_err(|_| "must be an address such as postgres://kith@localhost/kith.")?;
    let near = options.get_socket().is_some()
        || options.get_host().starts_with('/')
        || crate::config::Origin::from_str(&format!("http://{}", options.get_host())).is_ok_and(|o| o.is_loopback());
    // sqlx's default is to go on in clear when the server offers no TLS; off this machine that is never right.
    if near || matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
        Ok(())
    } else {
        Err("is on another machine: add sslmode=verify-full (and sslrootcert) so that nobody can listen in.")
    }
}

/// Opens the pool. Connections are made when first needed, so that a server can start before its database.
///
/// # Errors
/// When the URL is not one.
pub fn connect(url: &SecretString, most: u32) -> sqlx::Result<PgPool> {
    let options = PgConnectOptions::from_str(url.expose_secret())?
        .application_name("kith")
        .log_statements(log::LevelFilter::Trace)
        .log_slow_statements(log::LevelFilter::Warn, Duration::from_secs(1))
        .options(settings::SETTINGS);
    Ok(PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        .max_lifetime(Duration::from_secs(30 * 60))
        .connect_lazy_with(options))
}

/// Brings the schema up to this binary, one copy at a time.
///
/// # Errors
/// When a migration fails; it is rolled back whole.
pub async fn migrate(db: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    let mut conn = db.acquire().await?;
    // Building an index may take longer than a page may.
    for setting in ["set statement_timeout = 0", "set lock_timeout = '30s'"] {
        sqlx::query(setting).execute(&mut *conn).await?;
    }
    let done = MIGRATOR.run_direct(&mut *conn).await;
    // The connection has lost its limits: it must not go back among the others.
    conn.close_on_drop();
    done
}

/// Whether the schema has every migration this binary knows.
///
/// # Errors
/// When the database does not answer.
pub async fn is_current(db: &PgPool) -> sqlx::Result<bool> {
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
