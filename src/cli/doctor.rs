//! `kith doctor`

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use server::{
    Server,
    config::{Config, Source},
    db,
    identity::avatars,
    jobs,
    social::search::{self, IndexState},
};

use super::output::say;
use crate::telemetry;

/// Checks the requirements of a working installation and prints the state of each. Fails if one of them is broken.
pub async fn run(source: &Source) -> Result<()> {
    let config = Config::new(source).map_err(anyhow::Error::from);
    let config = match config.and_then(|config| telemetry::filter(&config).map(|_| config)) {
        Ok(config) => config,
        Err(error) => bail!("settings: {error}"),
    };
    say!("settings   fine; the site is {}", config.origin)?;
    let server = super::connect(config)?;
    let database = database(&server).await?;
    if database != Database::Unusable {
        for line in queue(&server).await? {
            say!("{line}")?;
        }
        languages(&server).await?;
    }
    say!("mail       {}", server.mailer().describe())?;
    let sound = database != Database::Unusable && pictures(&server).await? && database == Database::Sound;
    let (lines, reached) = providers(&server).await;
    for line in lines {
        say!("{line}")?;
    }
    let sound = sound && reached;
    if sound { Ok(()) } else { bail!("something is wrong; see above") }
}

/// The state of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Database {
    Sound,
    /// The other checks are possible, but something will fail.
    Faulty,
    Unusable,
}

async fn database(server: &Server) -> Result<Database> {
    let begun = Instant::now();
    let mut conn = match db::probe(&server.config().database_url).await {
        Ok(conn) => conn,
        Err(error) => {
            say!("database   {error}")?;
            return Ok(Database::Unusable);
        }
    };
    let version: String = sqlx::query_scalar("select version()").fetch_one(&mut conn).await?;
    let name = version.split(" on ").next().unwrap_or_default();
    say!("database   {name}, first answer after {:.0?}", begun.elapsed())?;
    if let Err(why) = db::require(&mut conn).await {
        say!("           {}", super::causes(&why))?;
        return Ok(Database::Unusable);
    }
    let mut faulty = false;
    for finding in db::findings(&mut conn, server.config().database_connections).await? {
        faulty |= finding.is_fault();
        say!("           {finding}")?;
    }
    match db::is_current(&mut conn).await {
        Ok(true) => say!("schema     up to date")?,
        Ok(false) => {
            say!("schema     is older than this program: run kith migrate")?;
            return Ok(Database::Unusable);
        }
        Err(error) => {
            say!("schema     cannot be read: {}", db::reason(&error))?;
            return Ok(Database::Unusable);
        }
    }
    Ok(if faulty { Database::Faulty } else { Database::Sound })
}

/// Prints the location of pictures, and returns whether all of them are available.
async fn pictures(server: &Server) -> Result<bool> {
    let settings = &server.config().pictures;
    say!("pictures   new ones go into the {}", if settings.into_bucket { "bucket" } else { "database" })?;
    let (here, there) = avatars::places(&mut *server.db().acquire().await?).await?;
    say!("           {here} in the database, {there} in a bucket")?;
    let Ok(bucket) = server.pictures().bucket() else {
        if there > 0 {
            say!("           no setting names the bucket: those in it cannot be shown")?;
        }
        return Ok(there == 0);
    };
    match bucket.answers().await {
        Ok(time) => say!("           the bucket {} answers, after {time:.0?}", bucket.name())?,
        Err(error) => {
            say!("           the bucket {} does not answer: {}", bucket.name(), super::causes(&error))?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns a line for each provider, and whether all of them answer.
pub async fn providers(server: &Server) -> (Vec<String>, bool) {
    let (mut lines, mut sound) = (Vec::new(), true);
    for provider in server.providers().iter() {
        let label = provider.label();
        lines.push(match provider.reach().await {
            Ok((place, time)) => format!("provider   {label} answers, after {time:.0?}: {place}"),
            Err(error) => {
                sound = false;
                format!("provider   {label} cannot be used: {error}")
            }
        });
        lines.push(format!("           its callback is {}", provider.callback(&server.config().origin)));
    }
    (lines, sound)
}

/// Formats a duration in a readable unit.
fn roughly(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

async fn languages(server: &Server) -> Result<()> {
    match search::standing(server).await? {
        IndexState::Agreed => say!("search     in {}", server.config().languages.join(", ")),
        IndexState::Unknown(language) => bail!("KITH_LANGUAGES: Postgres has no text search configuration {language}"),
        IndexState::Other(kept) => say!("search     still in {}: run kith reindex", kept.join(", ")),
    }
}

/// Returns the state of the queue, line by line.
pub async fn queue(server: &Server) -> Result<Vec<String>> {
    let standing = jobs::stats(&mut *server.db().acquire().await?).await?;
    let mut lines = vec![format!("jobs       {} waiting, {} given up on", standing.waiting, standing.dead)];
    if let Some(oldest) = standing.oldest {
        lines.push(format!("           the oldest has waited for {}", roughly(oldest)));
    }
    if standing.dead > 0 {
        lines.push("           kith mail retry tries again what was given up on, kith mail drop forgets it".to_owned());
    }
    if let Some(error) = standing.last_error {
        lines.push(format!("           the last failure: {error}"));
    }
    Ok(lines)
}
