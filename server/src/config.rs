//! What the operator decides. Every setting is read once at start, from the environment or from a TOML file; a wrong
//! one is named in one line and nothing starts.

use std::{collections::BTreeSet, net::SocketAddr};

use ipnetwork::IpNetwork;
use secrecy::SecretString;

mod mail;
mod origin;
mod pictures;
pub mod providers;
mod source;

pub use mail::{Mail, Transport};
pub use origin::{Origin, is_loopback};
pub use pictures::{Bucket, Pictures};
use providers::Provider;
pub use source::Source;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

fn wrong(setting: &str, why: impl std::fmt::Display) -> ConfigError {
    ConfigError(format!("{setting}: {why}"))
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DATABASE_URL`: where Postgres is. Off this host it must ask for `sslmode=verify-full`.
    pub database_url: SecretString,
    /// `KITH_DATABASE_CONNECTIONS`: the most connections one copy opens (default 20).
    pub database_connections: u32,
    /// `KITH_ORIGIN`: the one address this site has, such as `https://kith.example`.
    pub origin: Origin,
    /// `KITH_LISTEN`: the address and port to serve on (default `127.0.0.1:3000`).
    pub listen: SocketAddr,
    /// `KITH_TRUSTED_PROXIES`: networks of the proxies whose word about a client's address is taken (default none).
    pub trusted_proxies: Vec<IpNetwork>,
    /// `KITH_CONNECTIONS`: the most connections served at once (default 4,000).
    pub connections: usize,
    /// `KITH_LOG_FORMAT`: `json` or `pretty` (default `json`, or `pretty` on a terminal).
    pub log_format: Option<LogFormat>,
    /// `KITH_LOG`: what to log, as in `info,sqlx=warn` (default `info,sqlx=warn`).
    pub log: String,
    /// `KITH_LANGUAGES`: by which of Postgres' text search configurations posts are searched (default `english`).
    pub languages: Vec<String>,
    pub mail: Mail,
    /// `KITH_GITHUB_…`, `KITH_OIDC_…`: the services somebody may come in with (default none).
    pub providers: Vec<Provider>,
    /// The only origins from which pictures are copied: those of the services.
    pub picture_origins: BTreeSet<String>,
    pub pictures: Pictures,
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Pretty,
}

impl Config {
    /// Checks everything and says what is wrong with the first thing that is.
    pub fn new(source: &Source) -> Result<Self, ConfigError> {
        let origin: Origin = source
            .need("KITH_ORIGIN", "It is the address people will visit, such as https://kith.example.")?
            .parse()
            .map_err(|why| wrong("KITH_ORIGIN", why))?;
        let log_format = match source.get("KITH_LOG_FORMAT") {
            None => None,
            Some("json") => Some(LogFormat::Json),
            Some("pretty") => Some(LogFormat::Pretty),
            Some(_) => return Err(wrong("KITH_LOG_FORMAT", "must be json or pretty.")),
        };
        let providers = providers::read(source)?;
        let mut picture_origins = pictures::origins(source)?;
        picture_origins.extend(providers.iter().flat_map(|provider| provider.origins.iter().cloned()));
        Ok(Self {
            database_url: database_url(source)?,
            database_connections: source.parsed("KITH_DATABASE_CONNECTIONS", 20, "a whole number")?,
            listen: source.parsed("KITH_LISTEN", SocketAddr::from(([127, 0, 0, 1], 3000)), "like 127.0.0.1:3000")?,
            trusted_proxies: networks(source)?,
            connections: source.parsed("KITH_CONNECTIONS", 4_000, "a whole number")?,
            log_format,
            log: source.get("KITH_LOG").unwrap_or("info,sqlx=warn").to_owned(),
            languages: languages(source)?,
            mail: Mail::new(source, &origin)?,
            picture_origins,
            pictures: Pictures::new(source)?,
            providers,
            origin,
        })
    }

    /// Only where the database is, for commands that need nothing else.
    pub fn database_only(source: &Source) -> Result<(SecretString, u32), ConfigError> {
        Ok((database_url(source)?, source.parsed("KITH_DATABASE_CONNECTIONS", 20, "a whole number")?))
    }
}

fn database_url(source: &Source) -> Result<SecretString, ConfigError> {
    let why = "It says where Postgres is, such as postgres://kith:secret@localhost/kith.";
    let url = source.need("DATABASE_URL", why)?;
    crate::db::check_url(url).map_err(|why| wrong("DATABASE_URL", why))?;
    Ok(url.into())
}

fn languages(source: &Source) -> Result<Vec<String>, ConfigError> {
    let shape = "must be names of Postgres' text search configurations, such as english, with commas between them.";
    let list = source.get("KITH_LANGUAGES").unwrap_or("english").split(',').map(str::trim);
    let names: Vec<String> = list.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let fits = |name: &String| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if names.is_empty() || !names.iter().all(fits) { Err(wrong("KITH_LANGUAGES", shape)) } else { Ok(names) }
}

fn networks(source: &Source) -> Result<Vec<IpNetwork>, ConfigError> {
    let shape = "must be networks such as 10.0.0.0/8, with commas between them.";
    source
        .get("KITH_TRUSTED_PROXIES")
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_err(|_| wrong("KITH_TRUSTED_PROXIES", shape)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let env = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        Source::read(None, env).and_then(|source| Config::new(&source)).map_err(|e| e.to_string())
    }

    const GOOD: [(&str, &str); 2] = [("DATABASE_URL", "postgres:///kith"), ("KITH_ORIGIN", "https://kith.example")];

    #[test]
    fn two_settings_are_enough() {
        let config = config(&GOOD).unwrap();
        assert_eq!(config.origin.to_string(), "https://kith.example");
        assert_eq!(config.mail.from, "Kith <noreply@kith.example>");
    }

    #[test]
    fn a_wrong_setting_is_named_in_one_line() {
        for (name, value) in [
            ("KITH_ORIGIN", "http://kith.example"),
            ("KITH_ORIGIN", "https://kith.example/path"),
            ("KITH_LISTEN", "nowhere"),
            ("KITH_TRUSTED_PROXIES", "10.0.0.0/99"),
            ("KITH_LOG_FORMAT", "xml"),
            ("KITH_LANGUAGES", "English; drop"),
            ("KITH_LANGUAGES", ","),
            ("KITH_MAIL", "pigeon"),
            ("KITH_MAIL_FROM", "nobody"),
            ("KITH_SMTP_URL", "http://mail.example"),
            ("KITH_SMTP_URL", "smtp://mail.example"),
            ("KITH_SMTP_URL", "smtp://mail.example?tls=opportunistic&tls=required"),
            ("KITH_GITHUB_URL", "http://github.example"),
            ("KITH_GITHUB_URL", "github.example"),
            ("KITH_PICTURES", "bucket"),
            ("KITH_PICTURES", "cellar"),
            ("KITH_BUCKET", "kith"),
            ("KITH_BUCKET", "s3://"),
            ("KITH_BUCKET", "s3://kith/../x"),
            ("KITH_BUCKET_KEY_ID", ""),
            ("KITH_BUCKET_ENDPOINT", "http://s3.example"),
            ("KITH_BUCKET_ENDPOINT", "https://me:secret@s3.example"),
            ("DATABASE_URL", "mysql://x"),
            ("DATABASE_URL", "postgres://u:p@db.example/kith"),
        ] {
            let mut pairs = GOOD.to_vec();
            if name.starts_with("KITH_BUCKET") {
                pairs.extend([("KITH_BUCKET", "s3://kith"), ("KITH_BUCKET_KEY_ID", "k"), ("KITH_BUCKET_SECRET", "s")]);
            }
            pairs.push((name, value));
            let why = config(&pairs).expect_err(&format!("{name}={value}"));
            assert!(why.starts_with(name) && !why.contains('\n'), "{why}");
        }
    }

    #[test]
    fn an_unknown_setting_is_refused_so_that_a_typing_error_is_seen() {
        let why = config(&[GOOD[0], GOOD[1], ("KITH_ORIGN", "x")]).unwrap_err();
        assert!(why.starts_with("KITH_ORIGN"), "{why}");
    }

    #[test]
    fn what_only_tests_and_tools_read_is_no_mistake() {
        config(&[GOOD[0], GOOD[1], ("KITH_SCREENSHOTS", "1"), ("KITH_URL", "http://127.0.0.1:1")]).unwrap();
    }

    #[test]
    fn a_secret_can_come_from_a_file_and_is_never_printed() {
        let path = std::env::temp_dir().join(format!("kith-config-test-{}", std::process::id()));
        std::fs::write(&path, "postgres://kith:hunter2@localhost/kith\n").unwrap();
        let config = config(&[("DATABASE_URL_FILE", path.to_str().unwrap()), GOOD[1]]).unwrap();
        std::fs::remove_file(path).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
