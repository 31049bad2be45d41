//! `kith serve`

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use server::{
    Secret, Server,
    config::Config,
    db,
    identity::auth,
    social::{
        notifications,
        search::{self, IndexState},
        trending,
    },
    worker::{WorkerPool, sweep},
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{assets::Files, router, serve, telemetry};

/// The pause between two attempts to reach the database at start.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);
/// The number of attempts before giving up.
const DATABASE_TRIES: u32 = 60;

/// Migrates, serves, runs jobs and sweeps, until SIGTERM or SIGINT.
pub async fn run(config: Config) -> Result<()> {
    telemetry::start(&config)?;
    any_spawner::Executor::init_tokio().context("the executor of the views")?;
    let server = super::connect(config)?;
    migrate(&server).await?;
    settle_search(&server).await?;
    auth::password::warm_up(&server).await?;
    let files = Arc::new(Files::load());
    let (router, _) = router::router(&server, &files);
    let listener = serve::bind(server.config().listen).await?;
    announce(&server);
    let workers = WorkerPool::start(&server);
    let sweeper = tokio::spawn(supervise("sweeper", server.clone(), sweep::run));
    let digests = tokio::spawn(supervise("digests", server.clone(), notifications::run));
    let counter = tokio::spawn(supervise("trending tags", server.clone(), trending::run));
    let end = serve::serve(listener, router, server, asked_to_stop()?).await;
    workers.finish(end).await;
    sweeper.abort();
    digests.abort();
    counter.abort();
    Ok(())
}

/// Waits for a database that is still starting, but not for one that cannot be used or migrated.
async fn migrate(server: &Server) -> Result<()> {
    let mut conn = reach(&server.config().database_url).await?;
    db::require(&mut conn).await?;
    for finding in db::findings(&mut conn, server.config().database_connections).await? {
        tracing::warn!("{finding}");
    }
    db::migrate(server.db()).await.context("the database could not be migrated; the server does not start")
}

async fn reach(url: &Secret) -> Result<db::Connection> {
    for _ in 1..DATABASE_TRIES {
        match db::probe(url).await {
            Ok(conn) => return Ok(conn),
            Err(error) => tracing::warn!(%error, "waiting for the database"),
        }
        tokio::time::sleep(DATABASE_PAUSE).await;
    }
    db::probe(url).await.context("the database did not answer")
}

/// A language that Postgres does not know is a wrong setting; a language that posts are not indexed in yet only causes
/// a warning.
async fn settle_search(server: &Server) -> Result<()> {
    match search::settle(server).await? {
        IndexState::Agreed => {}
        IndexState::Unknown(language) => {
            anyhow::bail!("KITH_LANGUAGES: Postgres has no text search configuration {language}")
        }
        IndexState::Other(languages) => tracing::warn!(
            kept = languages.join(","),
            "KITH_LANGUAGES was changed: posts are searched as before until kith reindex has run"
        ),
    }
    Ok(())
}

/// Supervises a background task: if it ends or panics, it is started again after a pause.
async fn supervise<F: Future<Output = ()> + Send + 'static>(name: &'static str, server: Server, task: fn(Server) -> F) {
    loop {
        if let Err(error) = tokio::spawn(task(server.clone())).await {
            tracing::error!(task = name, %error, "a background task ended; starting it again");
        }
        tokio::time::sleep(DATABASE_PAUSE).await;
    }
}

fn asked_to_stop() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    })
}

fn announce(server: &Server) {
    let origin = &server.config().origin;
    tracing::info!(%origin, listen = %server.config().listen, "serving");
    #[cfg(feature = "dev")]
    if origin.is_loopback() {
        super::output::note(format_args!(
            "\n  Kith is at {origin}\n  Sign in as {} with the password {}\n  Mail is read at {}\n",
            server::seed::CAST.join(", "),
            super::seed::DEMO_PASSWORD,
            origin.url("/dev/mail"),
        ));
    }
}
