//! The command line. Each command is one file; all read the same settings.

pub mod doctor;
pub mod mail;
mod migrate;
pub mod output;
pub mod pictures;
mod reindex;
mod seed;
mod serve;
pub mod user;

use std::{error::Error, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use server::{
    Server,
    config::{Config, Source},
    db,
};
use sqlx::PgPool;

/// Kith: a social site that owns its users.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    /// A TOML file with settings; the environment wins over it. KITH_CONFIG names one too.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site until told to stop.
    Serve,
    /// Bring the database's schema up to this version.
    Migrate,
    /// Add demo users and posts to an empty database.
    Seed(seed::Args),
    /// Index all posts for search again, after KITH_LANGUAGES was changed.
    Reindex,
    /// Check this installation and print every problem.
    Doctor,
    /// Test sending mail, and manage mail that failed.
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Move pictures between the database and a bucket, and tidy the bucket.
    #[command(subcommand)]
    Pictures(pictures::Pictures),
    /// Look after accounts.
    #[command(subcommand)]
    User(user::User),
}

impl Cli {
    /// Runs the command.
    pub async fn run(self) -> Result<()> {
        let named = || std::env::var_os("KITH_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        let source = Source::read(self.config.or_else(named).as_deref(), std::env::vars_os())?;
        match self.command {
            Command::Serve => serve::run(Config::new(&source)?).await,
            Command::Migrate => migrate::run(&pool(&source).await?).await,
            Command::Seed(args) => seed::run(&pool(&source).await?, args).await,
            Command::Reindex => reindex::run(&migrated(&source).await?).await,
            Command::Doctor => doctor::run(&source).await,
            Command::Mail(mail) => mail.run(&migrated(&source).await?).await,
            Command::Pictures(pictures) => pictures.run(&migrated(&source).await?).await,
            Command::User(user) => user.run(&migrated(&source).await?).await,
        }
    }
}

/// A database that is about to be migrated.
async fn pool(source: &Source) -> Result<PgPool> {
    let (url, most) = Config::database_only(source)?;
    db::require(&mut db::probe(&url).await?).await?;
    db::connect(&url, most).context("DATABASE_URL")
}

/// The parts of the server, on a database with the schema of this version.
async fn migrated(source: &Source) -> Result<Server> {
    let config = Config::new(source)?;
    let mut conn = db::probe(&config.database_url).await?;
    db::require(&mut conn).await?;
    if !db::is_current(&mut conn).await? {
        bail!("the schema of the database is older than this program: run kith migrate");
    }
    connect(config)
}

fn connect(config: Config) -> Result<Server> {
    let pool = db::connect(&config.database_url, config.database_connections).context("DATABASE_URL")?;
    Ok(Server::new(config, pool))
}

/// Returns an error with its causes, in one line. A cause that an error repeats in its own words is left out.
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut line = String::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        next = cause.source();
        // sqlx says "error returned from database" before the text of Postgres, which is clear without it.
        let text = cause.downcast_ref::<sqlx::Error>().map_or_else(|| cause.to_string(), db::reason);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.contains(&text) {
            let colon = if line.is_empty() { "" } else { ": " };
            line = line + colon + &text;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_a_repeated_error_cause_once() {
        let error = anyhow::Error::new(server::Error::from(sqlx::Error::PoolTimedOut)).context("it did not work");
        let said = causes(error.as_ref());
        assert!(said.starts_with("it did not work: unavailable: pool timed out"), "{said}");
        assert_eq!(said.matches("pool timed out").count(), 1, "{said}");
    }
}
