//! The settings of the operator. Every setting is read once at start, from the environment or from a TOML file; a wrong
//! one is named in one line and the server does not start.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
};

use ipnetwork::IpNetwork;
use secrecy::SecretString;

mod database_url;
mod mail;
mod origin;
mod pictures;
pub mod providers;
mod relay;
mod service_links;
mod source;
mod unencoded;

pub use database_url::check_database_url;
pub(crate) use database_url::database_options;
pub use mail::{MailSettings, Transport};
pub use origin::{Origin, is_loopback};
pub use pictures::{Bucket, Pictures};
use providers::Provider;
pub use relay::Relay;
pub use source::Source;
pub(crate) use unencoded::{PERCENT_ENCODE, has_unencoded_credentials};

/// The reason why the settings are unusable.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

fn wrong(setting: &str, reason: impl std::fmt::Display) -> ConfigError {
    let text = format!("{setting}: {reason}");
    ConfigError(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DATABASE_URL`: the address of Postgres. On another host it must ask for `sslmode=verify-full`.
    pub database_url: SecretString,
    /// `KITH_DATABASE_CONNECTIONS`: the most connections of one instance (default 20).
    pub database_connections: u32,
    /// `KITH_ORIGIN`: the one address of this site, such as `https://kith.example`.
    pub origin: Origin,
    /// `KITH_LISTEN`: the address and port to serve on (default `127.0.0.1:3000`).
    pub listen: SocketAddr,
    /// `KITH_TRUSTED_PROXIES`: networks of the proxies that may report a client's address (default none).
    pub trusted_proxies: Vec<IpNetwork>,
    /// `KITH_CONNECTIONS`: the most connections served at once (default 4,000).
    pub connections: usize,
    /// `KITH_LOG_FORMAT`: `json` or `pretty` (default `json`, or `pretty` on a terminal).
    pub log_format: Option<LogFormat>,
    /// `KITH_LOG`: the log filter, as in `info,sqlx=warn` (default `info,sqlx=warn`).
    pub log: String,
    /// `KITH_LANGUAGES`: the Postgres text search configurations for posts (default `english`).
    pub languages: Vec<String>,
    pub mail: MailSettings,
    /// `KITH_GITHUB_…`, `KITH_OIDC_…`: the providers for sign-in (default none).
    pub providers: Vec<Provider>,
    /// The only origins from which pictures are copied: those of the providers.
    pub picture_origins: BTreeSet<String>,
    pub pictures: Pictures,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Pretty,
}

impl Config {
    /// Checks all settings and returns the first mistake as an error.
    pub fn new(source: &Source) -> Result<Self, ConfigError> {
        let origin: Origin = source
            .need("KITH_ORIGIN", "It is the address people will visit, such as https://kith.example.")?
            .parse()
            .map_err(|reason| wrong("KITH_ORIGIN", reason))?;
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
            database_connections: database_connections(source)?,
            listen: source.parsed("KITH_LISTEN", SocketAddr::from(([127, 0, 0, 1], 3000)), "like 127.0.0.1:3000")?,
            trusted_proxies: networks(source)?,
            connections: source.number("KITH_CONNECTIONS", 4_000, 1..=1_000_000)?,
            log_format,
            log: source.get("KITH_LOG").unwrap_or("info,sqlx=warn").to_owned(),
            languages: languages(source)?,
            mail: MailSettings::new(source, &origin)?,
            picture_origins,
            pictures: Pictures::new(source)?,
            providers,
            origin,
        })
    }

    /// Returns only the database settings, for commands that need nothing else.
    pub fn database_only(source: &Source) -> Result<(SecretString, u32), ConfigError> {
        Ok((database_url(source)?, database_connections(source)?))
    }
}

fn database_connections(source: &Source) -> Result<u32, ConfigError> {
    source.number("KITH_DATABASE_CONNECTIONS", 20, 1..=10_000)
}

fn database_url(source: &Source) -> Result<SecretString, ConfigError> {
    let reason = "It says where Postgres is, such as postgres://kith:secret@localhost/kith.";
    let url = source.need("DATABASE_URL", reason)?;
    crate::config::check_database_url(url).map_err(|reason| wrong("DATABASE_URL", reason))?;
    Ok(url.into())
}

fn languages(source: &Source) -> Result<Vec<String>, ConfigError> {
    let shape = "must be names of Postgres' text search configurations, such as english, with commas between them.";
    let list = source.get("KITH_LANGUAGES").unwrap_or("english").split(',').map(str::trim);
    let names: Vec<String> = list.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let is_valid = |name: &String| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if names.is_empty() || !names.iter().all(is_valid) { Err(wrong("KITH_LANGUAGES", shape)) } else { Ok(names) }
}

fn networks(source: &Source) -> Result<Vec<IpNetwork>, ConfigError> {
    let shape = "must be networks such as 10.0.0.0/8, with commas between them.";
    source
        .get("KITH_TRUSTED_PROXIES")
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map(with_unmapped).map_err(|_| wrong("KITH_TRUSTED_PROXIES", shape)))
        .collect::<Result<Vec<_>, _>>()
        .map(|networks| networks.concat())
}

/// Returns a network and, as IPv4, the IPv4 addresses in it that are written as IPv6 (`::ffff:10.0.0.0/104`): clients'
/// addresses are compared so.
fn with_unmapped(network: IpNetwork) -> Vec<IpNetwork> {
    let IpNetwork::V6(six) = network else { return vec![network] };
    let four = match six.prefix().checked_sub(96) {
        Some(prefix) => six.network().to_ipv4_mapped().map(|four| (four, prefix)),
        None => six.contains(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped()).then_some((Ipv4Addr::UNSPECIFIED, 0)),
    };
    let four = four.and_then(|(four, prefix)| ipnetwork::Ipv4Network::new(four, prefix).ok());
    [network].into_iter().chain(four.map(IpNetwork::V4)).collect()
}

#[cfg(test)]
mod tests;
