//! The parts that the domain functions of one process share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sqlx::{PgPool, Postgres, Transaction};

use crate::{
    base::{cpu_pool::CpuPool, error::Result, fair_queue::FairQueue},
    config::Config,
    http::BodyBudget,
    identity::{
        avatars::{self, Intake},
        oauth::Providers,
    },
    jobs::{Seal, Wake},
    mailer::Mailer,
    social::{
        search::SearchSlots,
        trending::{TrendingBoard, TrendingTag},
    },
};

/// The parts that domain functions need: the database, the settings, the queues, the mailer. Cheap to clone. It has no
/// persistent state of its own: two instances of the server on one database give the same responses. Only sealed mails
/// belong to the instance that sealed them.
#[derive(Clone)]
pub struct Server(Arc<Parts>);

struct Parts {
    config: Config,
    db: PgPool,
    hashing: FairQueue,
    judging: FairQueue,
    bodies: BodyBudget,
    pictures: Intake,
    painting: CpuPool,
    mailer: Mailer,
    providers: Providers,
    searches: SearchSlots,
    trending: TrendingBoard,
    wake: Wake,
    seal: Seal,
    draining: AtomicBool,
}

impl Server {
    /// Builds the parts. Nothing is connected or started yet.
    pub fn new(config: Config, db: PgPool) -> Self {
        let providers = Providers::new(&config.providers);
        let mailer = Mailer::new(&config.mail, &config.origin);
        Self(Arc::new(Parts {
            db,
            mailer,
            providers,
            hashing: FairQueue::on_cores(|cores| cores),
            // Half of the cores, so that rating passwords leaves cores for hashing and for pages.
            judging: FairQueue::on_cores(|cores| cores / 2),
            bodies: BodyBudget::default(),
            pictures: Intake::new(&config),
            painting: avatars::queue(),
            searches: SearchSlots::of(config.database_connections),
            trending: TrendingBoard::default(),
            wake: Wake::default(),
            seal: Seal::new(),
            draining: AtomicBool::new(false),
            config,
        }))
    }

    /// Returns the settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Returns the connection pool.
    pub fn db(&self) -> &PgPool {
        &self.0.db
    }

    /// Begins a transaction; it rolls back unless it is committed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection can be had in time.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.0.db.begin().await?)
    }

    /// Returns the queue that hashes and compares passwords.
    pub fn hashing(&self) -> &FairQueue {
        &self.0.hashing
    }

    /// Returns the queue that rates the strength of new passwords.
    pub fn judging(&self) -> &FairQueue {
        &self.0.judging
    }

    /// Returns the budget of bytes for large bodies in transfer.
    pub(crate) fn bodies(&self) -> &BodyBudget {
        &self.0.bodies
    }

    /// Returns the intake of pictures.
    pub fn pictures(&self) -> &Intake {
        &self.0.pictures
    }

    /// Returns the queue that paints generated avatars as pixels.
    pub(crate) fn painting(&self) -> &CpuPool {
        &self.0.painting
    }

    /// Returns the trending tags of this week, the top one first, as this instance last read them.
    pub fn trending(&self) -> Arc<[TrendingTag]> {
        self.0.trending.read()
    }

    pub(crate) fn board(&self) -> &TrendingBoard {
        &self.0.trending
    }

    /// Returns the slots for concurrent searches.
    pub(crate) fn searches(&self) -> &SearchSlots {
        &self.0.searches
    }

    /// Returns the mailer.
    pub fn mailer(&self) -> &Mailer {
        &self.0.mailer
    }

    /// Returns the OAuth providers.
    pub fn providers(&self) -> &Providers {
        &self.0.providers
    }

    /// Announces that this instance is about to stop: it should get no more visitors.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Release);
    }

    /// Returns true if this instance is about to stop.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Acquire)
    }

    /// Returns the seal for mails that contain a secret. Its key lives as long as this process.
    pub(crate) fn seal(&self) -> &Seal {
        &self.0.seal
    }

    /// Returns the bell of the job workers. Ring it after the commit that queued a job.
    pub fn wake(&self) -> &Wake {
        &self.0.wake
    }
}
