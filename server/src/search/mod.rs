//! Finding people, posts and tags by what somebody typed.
//!
//! A search costs more than a page and anybody may ask for one, so all of them together never take more than a quarter
//! of the connections, each statement has a time of its own, and a search of posts looks through them in steps, newest
//! first, until it has a page or has looked long enough. What is typed is never part of a statement, nor of the language
//! of searches: signs mean nothing but quotes around a phrase, a minus before what must not be there, `@` and `#`.

mod fold;
mod index;
mod people;
mod posts;
mod query;
mod quotes;
mod tags;
mod tokens;

use std::time::Duration;

use sqlx::{Postgres, Transaction};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

pub(crate) use self::{
    index::{IndexedText, TOKENIZER, index_missing, index_name, index_posts},
    tokens::name,
};
pub use self::{
    index::{Standing, reindex, settle, standing},
    people::{PEOPLE, People, Person, Rank},
    posts::Posts,
    query::{LONGEST, Query},
    tags::{TAGS, Tags},
};
use crate::{
    Server,
    error::{Error, Result},
};

/// How long one waits for a place before it is told to come back.
const PATIENCE: Duration = Duration::from_millis(500);

/// How many may search at once.
pub(crate) struct Places(Semaphore);

impl Places {
    /// A quarter of the connections, and at least one.
    pub(crate) fn of(connections: u32) -> Self {
        Self(Semaphore::new((connections as usize / 4).max(1)))
    }
}

/// One search, from its beginning to its end: a place, and a connection in a transaction that is never committed.
pub struct Search<'a> {
    tx: Transaction<'static, Postgres>,
    languages: &'a [String],
    /// The newest post there was when it began.
    newest: i64,
    _place: SemaphorePermit<'a>,
}

impl<'a> Search<'a> {
    /// Begins one. [`Error::Busy`] when too many search already.
    pub async fn begin(server: &'a Server) -> Result<Self> {
        let place = timeout(PATIENCE, server.searches().0.acquire())
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|closed| Error::Unavailable(Box::new(closed)))?;
        let mut tx = server.begin().await?;
        let row = sqlx::query!(
            r#"
            select set_config('statement_timeout', '1s', true) as timeout,
                   coalesce((select max(post_id) from post_words), 0) as "newest!"
            "#
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(Self { tx, languages: &server.config().languages, newest: row.newest, _place: place })
    }
}
