//! Search for users, posts and tags.
//!
//! A search costs more than a page and every visitor may search. So all searches together never use more than a quarter
//! of the connections, each statement has its own timeout, and a search for posts works in steps, newest first, until
//! it fills a page or reaches its time limit. The typed text never becomes part of a statement, nor of the query syntax
//! of Postgres. Special characters have no meaning except quotes around a phrase, a minus before an excluded word, `@`
//! and `#`.

mod index;
mod people;
mod posts;
mod query;
mod quotes;
mod tags;

use std::time::Duration;

use sqlx::{Postgres, Transaction};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

pub(crate) use self::index::index_missing;
pub use self::{
    index::{IndexState, reindex, settle, standing},
    people::{FoundUser, PEOPLE, People, Rank},
    posts::Posts,
    query::{MAX_CHARS, Query},
    tags::{TAGS, Tags},
};
use crate::{
    Server,
    base::error::{Error, Result},
};

/// The time that a search waits for a slot before it is refused.
const QUEUE_TIMEOUT: Duration = Duration::from_millis(500);

/// The slots for concurrent searches.
pub(crate) struct SearchSlots(Semaphore);

impl SearchSlots {
    /// Creates a quarter as many slots as connections, and at least one.
    pub(crate) fn of(connections: u32) -> Self {
        Self(Semaphore::new((connections as usize / 4).max(1)))
    }
}

/// One search: a slot, and a connection in a transaction that is never committed.
pub struct Search<'a> {
    tx: Transaction<'static, Postgres>,
    languages: &'a [String],
    /// The newest post when the search began.
    newest: i64,
    _place: SemaphorePermit<'a>,
}

impl<'a> Search<'a> {
    /// Begins a search. [`Error::Busy`] when too many are running.
    pub async fn begin(server: &'a Server) -> Result<Self> {
        let place = timeout(QUEUE_TIMEOUT, server.searches().0.acquire())
            .await
            .map_err(|_| Error::Busy)?
            .map_err(Error::internal)?;
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
