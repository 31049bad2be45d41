//! The command line. Each command is one file; all read the same settings.

pub mod doctor;
pub mod mail;
mod migrate;
pub mod pictures;
mod reindex;
mod seed;
mod serve;
pub mod user;

use std::path::PathBuf;

use anyhow::{Context, Result};
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
    /// A TOML file with settings; the environment wins over it.
    #[arg(long, env = "KITH_CONFIG", global = true)]
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
    /// Plant demo people and posts into an empty database.
    Seed(seed::Args),
    /// Make all posts known to searches again; after KITH_LANGUAGES was changed.
    Reindex,
    /// Say what is wrong with this installation, if anything.
    Doctor,
    /// Try the way mail goes out, and see to mail that did not go.
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
    /// Does what was asked.
    pub async fn run(self) -> Result<()> {
        let source = Source::read(self.config.as_deref(), std::env::vars())?;
        match self.command {
            Command::Serve => serve::run(Config::new(&source)?).await,
            Command::Migrate => migrate::run(&pool(&source)?).await,
            Command::Seed(args) => seed::run(&pool(&source)?, args).await,
            Command::Reindex => reindex::run(&connect(Config::new(&source)?)?).await,
            Command::Doctor => doctor::run(&source).await,
            Command::Mail(mail) => mail.run(&connect(Config::new(&source)?)?).await,
            Command::Pictures(pictures) => pictures.run(&connect(Config::new(&source)?)?).await,
            Command::User(user) => user.run(&connect(Config::new(&source)?)?).await,
        }
    }
}

fn pool(source: &Source) -> Result<PgPool> {
    let (url, most) = Config::database_only(source)?;
    db::connect(&url, most).context("DATABASE_URL")
}

fn connect(config: Config) -> Result<Server> {
    let pool = db::connect(&config.database_url, config.database_connections).context("DATABASE_URL")?;
    Ok(Server::new(config, pool))
}

/// An error with what caused it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    chain.collect::<Vec<_>>().join(": ")
}
