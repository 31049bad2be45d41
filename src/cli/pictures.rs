//! `kith pictures`

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};
use server::{Server, identity::avatars};

use super::output::say;

#[derive(Subcommand)]
pub enum Pictures {
    /// Move every picture between the database and the bucket. Can be interrupted and resumed.
    Move { to: Place },
    /// Remove files from the bucket that no user has.
    Tidy,
}

/// The places in which pictures can be stored.
#[derive(Clone, Copy, ValueEnum)]
pub enum Place {
    Bucket,
    Database,
}

impl Pictures {
    /// Runs the command.
    pub async fn run(self, server: &Server) -> Result<()> {
        match self {
            Self::Move { to } => transfer(server, to).await,
            Self::Tidy => {
                let count = avatars::tidy(server).await.context("the bucket could not be tidied to the end")?;
                say!("{count} files removed.")
            }
        }
    }
}

async fn transfer(server: &Server, to: Place) -> Result<()> {
    let moved = match to {
        Place::Bucket => avatars::to_bucket(server).await,
        Place::Database => avatars::to_database(server).await,
    };
    let moved =
        moved.context("not every picture is moved; what is moved stays so, and the rest goes when asked again")?;
    say!("{} moved.", moved.moved)?;
    for (id, why) in &moved.stayed {
        say!("{id} stayed where it was: {why}")?;
    }
    if moved.stayed.is_empty() { Ok(()) } else { bail!("{} stayed where they were", moved.stayed.len()) }
}
