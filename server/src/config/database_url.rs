//! Parses and checks `DATABASE_URL`.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::config::{self, PERCENT_ENCODE, is_loopback};

/// The parameters that sqlx understands. It logs others with their values, which may contain a password.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Returns an error for an unusable database URL: not Postgres, or not encrypted. The message repeats nothing of the
/// URL.
pub fn check_database_url(url: &str) -> Result<(), &'static str> {
    if config::has_unencoded_credentials(url, &PARAMETERS) {
        return Err(PERCENT_ENCODE);
    }
    let options = database_options(url).map_err(|_| "must be an address such as postgres://kith@localhost/kith.")?;
    let local =
        options.get_socket().is_some() || options.get_host().starts_with('/') || is_loopback(options.get_host());
    // By default sqlx continues unencrypted when the server offers no TLS; to another machine that is never right.
    if local || matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
        Ok(())
    } else {
        Err("is on another machine: add sslmode=verify-full (and sslrootcert) so that nobody can listen in.")
    }
}

/// Parses the URL, without the parameters that sqlx does not know.
pub(crate) fn database_options(text: &str) -> sqlx::Result<PgConnectOptions> {
    let mut url = Url::parse(text).map_err(|error| sqlx::Error::Configuration(error.into()))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(sqlx::Error::Configuration("not an address of Postgres".into()));
    }
    let is_known = |key: &str| PARAMETERS.contains(&key) || (key.starts_with("options[") && key.ends_with(']'));
    let (known, unknown): (Vec<_>, Vec<_>) = url.query_pairs().into_owned().partition(|(key, _)| is_known(key));
    if !unknown.is_empty() {
        url.query_pairs_mut().clear().extend_pairs(known);
    }
    PgConnectOptions::from_str(url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_only_known_parameters_to_the_driver() {
        let url = "postgres://kith:p%2Bw@localhost/kith?channel_binding=require&application_name=a%20b&pasword=x";
        let options = database_options(url).unwrap();
        assert_eq!(options.get_application_name(), Some("a b"));
        assert_eq!(options.get_database(), Some("kith"));
    }

    #[test]
    fn remote_databases_require_verified_tls() {
        for local in [
            "postgres:///kith",
            "postgres://localhost/kith",
            "postgres://u@[::1]:5433/kith",
            "postgres://%2Frun%2Fpg/kith",
        ] {
            assert_eq!(check_database_url(local), Ok(()), "{local}");
        }
        for far in [
            "postgres://db.example/kith",
            "postgres://db.example/kith?sslmode=require",
            "postgres:///kith?host=10.0.0.5",
        ] {
            assert!(check_database_url(far).is_err_and(|why| why.contains("verify-full")), "{far}");
        }
        assert_eq!(
            check_database_url("postgres://db.example/kith?sslmode=verify-full&target_session_attrs=any"),
            Ok(())
        );
        for none in
            ["", "kith", "mysql://x", "postgres://kith:pa ss:x@localhost:port/kith", "postgres://localhost:99999/kith"]
        {
            assert!(check_database_url(none).is_err_and(|why| why.contains("must be an address")), "{none}");
        }
    }
}
