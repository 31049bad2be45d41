//! `kith doctor`

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use server::{
    Server, avatars,
    config::{Config, Source},
    db, jobs,
    search::{self, Standing},
};

/// Goes through what a working installation needs and says how each thing stands. Fails when one of them is broken.
pub async fn run(source: &Source) -> Result<()> {
    let config = match Config::new(source) {
        Ok(config) => config,
        Err(error) => bail!("settings: {error}"),
    };
    println!("settings   fine; the site is {}", config.origin);
    let server = super::connect(config)?;
    let sound = database(&server).await;
    if sound {
        queue(&server).await?.iter().for_each(|line| println!("{line}"));
        languages(&server).await?;
    }
    println!("mail       {}", server.mailer().describe());
    let sound = sound && pictures(&server).await?;
    if sound { Ok(()) } else { bail!("something is wrong; see above") }
}

async fn database(server: &Server) -> bool {
    let begun = Instant::now();
    let version: Result<String, _> = sqlx::query_scalar("select version()").fetch_one(server.db()).await;
    match version {
        Err(error) => {
            println!("database   does not answer: {error}");
            return false;
        }
        Ok(version) => {
            let name = version.split(" on ").next().unwrap_or_default();
            println!("database   {name}, first answer after {:.0?}", begun.elapsed());
        }
    }
    match db::is_current(server.db()).await {
        Ok(true) => println!("schema     up to date"),
        Ok(false) => println!("schema     is older than this program: run kith migrate"),
        Err(error) => println!("schema     cannot be read: {error}"),
    }
    matches!(db::is_current(server.db()).await, Ok(true))
}

/// Where pictures are, and whether all of them can be had.
async fn pictures(server: &Server) -> Result<bool> {
    let settings = &server.config().pictures;
    println!("pictures   new ones go into the {}", if settings.into_bucket { "bucket" } else { "database" });
    let (here, there) = avatars::places(&mut *server.db().acquire().await?).await?;
    println!("           {here} in the database, {there} in a bucket");
    let Ok(bucket) = server.pictures().bucket() else {
        if there > 0 {
            println!("           no setting names the bucket: those in it cannot be shown");
        }
        return Ok(there == 0);
    };
    match bucket.answers().await {
        Ok(time) => println!("           the bucket {} answers, after {time:.0?}", bucket.name()),
        Err(error) => {
            println!("           the bucket {} does not answer: {}", bucket.name(), super::causes(&error));
            return Ok(false);
        }
    }
    Ok(true)
}

/// A length of time, as one says it.
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
        Standing::Agreed => println!("search     in {}", server.config().languages.join(", ")),
        Standing::Unknown(language) => bail!("KITH_LANGUAGES: Postgres has no text search configuration {language}"),
        Standing::Other(kept) => println!("search     still in {}: run kith reindex", kept.join(", ")),
    }
    Ok(())
}

/// How the queue stands, line by line.
pub async fn queue(server: &Server) -> Result<Vec<String>> {
    let standing = jobs::standing(&mut *server.db().acquire().await?).await?;
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
