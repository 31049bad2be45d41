//! The domain of Kith: people and their accounts, sessions, posts, and the work behind them. It knows SQL, and HTTP
//! where it must; it never knows a page.

pub mod accounts;
pub mod audit;
pub mod auth;
pub mod avatars;
mod batches;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod fair_queue;
pub mod feed;
pub mod follows;
pub mod id;
mod input;
pub mod jobs;
pub mod likes;
pub mod limits;
pub mod links;
pub mod lively;
pub mod mailer;
pub mod markup;
mod names;
pub mod notifications;
pub mod oauth;
pub mod posts;
pub mod profiles;
pub mod queue;
pub mod random;
pub mod request;
pub mod search;
pub mod seed;
pub mod sessions;
pub mod sitemap;
pub mod sweep;
pub mod tags;
pub mod text;
pub mod web;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

pub use error::{Error, Invalid, Result};
/// Something typed that must never be printed: a password.
pub use secrecy::SecretString as Secret;
use sqlx::{PgPool, Postgres, Transaction};

use crate::{
    avatars::Intake,
    config::Config,
    fair_queue::FairQueue,
    jobs::{Seal, Wake},
    lively::{Board, Lively},
    mailer::Mailer,
    oauth::Providers,
    queue::Queue,
    search::Places,
};

/// Everything a verb reaches for: the database, the settings, the queues, the mailer. Cheap to clone. It holds
/// no truth: two copies of the server on one database answer alike. Only the mails it sealed are its own to send.
#[derive(Clone)]
pub struct Server(Arc<Parts>);

struct Parts {
    config: Config,
    db: PgPool,
    hashing: FairQueue,
    judging: FairQueue,
    bodies: web::BodyBudget,
    pictures: Intake,
    painting: Queue,
    mailer: Mailer,
    providers: Providers,
    searches: Places,
    lively: Board,
    wake: Wake,
    seal: Seal,
    draining: AtomicBool,
}

impl Server {
    /// Puts the parts together. Nothing is connected or started yet.
    pub fn new(config: Config, db: PgPool) -> Self {
        let providers = Providers::new(&config.providers);
        let mailer = Mailer::new(&config.mail, &config.origin);
        Self(Arc::new(Parts {
            db,
            mailer,
            providers,
            hashing: FairQueue::on_cores(|cores| cores),
            // Half of them: whatever is judged, passwords are hashed and pages made.
            judging: FairQueue::on_cores(|cores| cores / 2),
            bodies: web::BodyBudget::default(),
            pictures: Intake::new(&config),
            painting: avatars::queue(),
            searches: Places::of(config.database_connections),
            lively: Board::default(),
            wake: Wake::default(),
            seal: Seal::new(),
            draining: AtomicBool::new(false),
            config,
        }))
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The pool of connections.
    pub fn db(&self) -> &PgPool {
        &self.0.db
    }

    /// A transaction; it rolls back unless it is committed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection can be had in time.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.0.db.begin().await?)
    }

    /// The queue in which passwords are hashed and compared.
    pub fn hashing(&self) -> &FairQueue {
        &self.0.hashing
    }

    /// The queue in which the strength of new passwords is judged.
    pub fn judging(&self) -> &FairQueue {
        &self.0.judging
    }

    /// The bytes of large bodies that may be on their way at a time.
    pub(crate) fn bodies(&self) -> &web::BodyBudget {
        &self.0.bodies
    }

    /// Where pictures come in.
    pub fn pictures(&self) -> &Intake {
        &self.0.pictures
    }

    /// The queue in which drawn faces become pixels.
    pub(crate) fn painting(&self) -> &Queue {
        &self.0.painting
    }

    /// What is lively this week, the liveliest first, as this copy last read it.
    pub fn lively(&self) -> Arc<[Lively]> {
        self.0.lively.read()
    }

    pub(crate) fn board(&self) -> &Board {
        &self.0.lively
    }

    /// How many may search at once.
    pub(crate) fn searches(&self) -> &Places {
        &self.0.searches
    }

    /// What carries mail away.
    pub fn mailer(&self) -> &Mailer {
        &self.0.mailer
    }

    /// The services somebody may come in with.
    pub fn providers(&self) -> &Providers {
        &self.0.providers
    }

    /// Says that this copy is about to stop: it should be sent no more visitors.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Release);
    }

    /// Whether it is about to stop.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Acquire)
    }

    /// What closes and opens the mails that hold a secret, as long as this process lives.
    pub(crate) fn seal(&self) -> &Seal {
        &self.0.seal
    }

    /// Rings the bell of the job worker; for after the commit that queued a job.
    pub fn wake(&self) -> &Wake {
        &self.0.wake
    }
}
