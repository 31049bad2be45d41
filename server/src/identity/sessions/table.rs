//! The table of the session store, in the schema of all other tables.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgPool;
use tokio::sync::OnceCell;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};
use tower_sessions_sqlx_store::PostgresStore;

/// The table `sessions`. The inner store needs the name of its schema, which is queried once, with the first session.
#[derive(Clone, Debug)]
pub struct SessionTable {
    db: PgPool,
    store: Arc<OnceCell<PostgresStore>>,
}

impl SessionTable {
    /// Creates it without a query.
    pub fn new(db: PgPool) -> Self {
        Self { db, store: Arc::default() }
    }

    async fn store(&self) -> Result<&PostgresStore> {
        self.store
            .get_or_try_init(|| async {
                let schema = sqlx::query_scalar!("select current_schema()::text")
                    .fetch_one(&self.db)
                    .await
                    .map_err(|error| backend_error(error.to_string()))?;
                let schema = schema.ok_or_else(|| backend_error("the search_path names no schema".to_owned()))?;
                let store = PostgresStore::new(self.db.clone()).with_schema_name(schema).map_err(backend_error)?;
                store.with_table_name("sessions").map_err(backend_error)
            })
            .await
    }
}

fn backend_error(message: String) -> Error {
    Error::Backend(message)
}

#[async_trait]
impl SessionStore for SessionTable {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.store().await?.create(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.store().await?.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.store().await?.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.store().await?.delete(id).await
    }
}
