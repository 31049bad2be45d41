//! `kith reindex`

use anyhow::{Result, bail};
use server::{
    Server,
    social::search::{self, IndexState},
};

use super::output::{note, say};

/// The number of posts after which it prints its progress.
const TOLD: u64 = 10_000;

/// Indexes the words of all posts again, while the site continues to serve.
pub async fn run(server: &Server) -> Result<()> {
    if let IndexState::Unknown(language) = search::standing(server).await? {
        bail!("KITH_LANGUAGES: Postgres has no text search configuration {language}; see \\dF in psql");
    }
    let told = |done: u64| {
        if done.is_multiple_of(TOLD) {
            note(format_args!("{done} posts …"));
        }
    };
    let done = search::reindex(server, told).await?;
    say!("{done} posts are searched in {}.", server.config().languages.join(", "))
}
