//! A connection outside the pool, to explain a failure. The pool only reports a timeout.

use std::{io::ErrorKind, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{ConnectOptions, PgConnection, error::DatabaseError, postgres::PgConnectOptions};

use super::settings::SETTINGS;
use crate::config::database_options;

/// The timeout for Postgres to accept a connection.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// The reason why the database is unreachable and the remedy, in one line and without the password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(String);

/// Connects like the pool.
pub async fn probe(url: &SecretString) -> Result<PgConnection, Unreachable> {
    let options = database_options(url.expose_secret())
        .map_err(|_| Unreachable("DATABASE_URL is not an address of Postgres".to_owned()))?
        .application_name("kith")
        .options(SETTINGS);
    let address = address(&options);
    match tokio::time::timeout(PROBE_TIMEOUT, options.connect()).await {
        Ok(connected) => connected.map_err(|error| Unreachable(explain(&error, &address))),
        Err(_) => Err(Unreachable(format!(
            "{address} does not answer within {} seconds; check the host and port in DATABASE_URL, and firewalls",
            PROBE_TIMEOUT.as_secs()
        ))),
    }
}

/// Returns the message of a database error, once. sqlx puts "error returned from database" before it and repeats it as
/// its cause.
pub fn reason(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

/// Returns the configured address of Postgres.
fn address(options: &PgConnectOptions) -> String {
    let port = options.get_port();
    let folder = options.get_socket().map(|path| path.display().to_string());
    match folder.or_else(|| options.get_host().starts_with('/').then(|| options.get_host().to_owned())) {
        Some(folder) => format!("the socket {folder}/.s.PGSQL.{port}"),
        None => format!("{}:{port}", options.get_host()),
    }
}

fn explain(error: &sqlx::Error, address: &str) -> String {
    match error {
        sqlx::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => format!(
                "nothing listens at {address} (connection refused); start Postgres, or correct the host and port in DATABASE_URL"
            ),
            ErrorKind::NotFound if address.starts_with("the socket") => {
                format!("{address} does not exist; start Postgres, or correct the host and port in DATABASE_URL")
            }
            _ => format!("{address} cannot be reached: {error}; check the host, port and sslrootcert in DATABASE_URL"),
        },
        sqlx::Error::Tls(error) => {
            format!("no encrypted connection to {address}: {error}; check sslmode and sslrootcert in DATABASE_URL")
        }
        sqlx::Error::Database(error) => refused(error.as_ref(), address),
        other => format!("{address}: {other}"),
    }
}

/// Returns the message of Postgres, and the remedy.
fn refused(error: &dyn DatabaseError, address: &str) -> String {
    let message = error.message();
    let hint = match error.code().as_deref() {
        Some("28P01") => "correct the user or password in DATABASE_URL",
        Some("28000") => "correct the user in DATABASE_URL, or allow it in pg_hba.conf",
        Some("3D000") => "create it, or correct the name in DATABASE_URL",
        Some("53300") => "raise max_connections, or lower KITH_DATABASE_CONNECTIONS",
        Some("57P03") => "wait until it has started",
        _ if message.contains("startup parameter") => {
            "have PgBouncer ignore it (ignore_startup_parameters), as docs/operate.md says"
        }
        _ => return format!("{address}: {message}"),
    };
    format!("{address}: {message}; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn message(url: &str) -> String {
        let message = probe(&url.to_owned().into()).await.expect_err(url).to_string();
        assert!(!message.contains('\n') && !message.contains("hunter2"), "{message}");
        message
    }

    #[tokio::test]
    async fn explains_the_cause_of_an_unreachable_database() {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let refused = message(&format!("postgres://kith:hunter2@127.0.0.1:{port}/kith")).await;
        assert!(refused.contains(&format!("127.0.0.1:{port} (connection refused); start Postgres")), "{refused}");
        let missing = message("postgres://kith:hunter2@localhost/kith?host=/nowhere").await;
        assert!(missing.contains("/nowhere/.s.PGSQL.5432 does not exist"), "{missing}");
        let unknown = message("postgres://kith:hunter2@host.invalid/kith?sslmode=verify-full").await;
        assert!(unknown.contains("host.invalid:5432 cannot be reached"), "{unknown}");
    }
}
