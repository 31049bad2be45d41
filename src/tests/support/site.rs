//! The site under test: its router on a database of its own, and the cast.

use std::sync::{Arc, LazyLock};

use app::routes::Door;
use axum::Router;
use secrecy::SecretString;
use server::{
    Server,
    config::{Config, Source},
    db,
};
use sqlx::{ConnectOptions, PgPool};

use crate::{
    assets::Files,
    router,
    tests::{Browser, support::trace},
};

/// The password of every user in the cast.
pub const PASSWORD: &str = "correct battery staple horse";

static HASH: LazyLock<String> = LazyLock::new(|| server::identity::auth::password::hash_demo(PASSWORD).unwrap());

/// A pool as the server opens it, with its time limits, on the test's database.
pub fn as_served(pool: &PgPool, most: u32) -> PgPool {
    let url: SecretString = pool.connect_options().to_url_lossy().to_string().into();
    db::connect(&url, most).unwrap()
}

/// One instance of the server.
#[derive(Clone)]
pub struct Site {
    pub server: Server,
    pub router: Router,
    pub doors: Arc<Vec<Door>>,
}

impl Site {
    /// Creates a site at `https://kith.example`, on a database with its schema and no users.
    pub fn new(pool: &PgPool) -> Self {
        Self::with(pool, &[])
    }

    /// Creates a site with settings besides the two required ones.
    pub fn with(pool: &PgPool, settings: &[(&str, &str)]) -> Self {
        trace::start();
        let _ = any_spawner::Executor::init_tokio();
        let needed = [("DATABASE_URL", "postgres:///unused"), ("KITH_ORIGIN", "https://kith.example")];
        let env = needed.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::configured(pool, Config::new(&Source::read(None, env).unwrap()).unwrap())
    }

    /// Creates a site with this configuration.
    pub fn configured(pool: &PgPool, config: Config) -> Self {
        let server = Server::new(config, pool.clone());
        let (router, doors) = router::router(&server, &Arc::new(Files::load()));
        Self { server, router, doors: Arc::new(doors) }
    }

    /// The cast: ada (admin), grace (moderator), alan, edsger, barbara.
    pub async fn with_cast(pool: &PgPool) -> Self {
        for (username, role) in
            [("ada", "admin"), ("grace", "moderator"), ("alan", "member"), ("edsger", "member"), ("barbara", "member")]
        {
            let id: i64 = sqlx::query_scalar(
                "insert into users (username, display_name, email, role) values ($1, initcap($1), $1 || '@kith.example', $2) returning id",
            )
            .bind(username)
            .bind(role)
            .fetch_one(pool)
            .await
            .unwrap();
            sqlx::query("insert into passwords (user_id, hash) values ($1, $2)")
                .bind(id)
                .bind(HASH.as_str())
                .execute(pool)
                .await
                .unwrap();
        }
        Self::new(pool)
    }

    /// Creates users: `ann000`, `ann001` and so on, with addresses here and the cast's password.
    pub async fn add_users(&self, prefix: &str, count: i32) {
        sqlx::query(
            "with person as (
                 insert into users (username, email) select n, n || '@kith.example'
                 from (select $1 || lpad(n::text, 3, '0') from generate_series(0, $2 - 1) n) as names (n) returning id
             )
             insert into passwords (user_id, hash) select id, $3 from person",
        )
        .bind(prefix)
        .bind(count)
        .bind(HASH.as_str())
        .execute(self.server.db())
        .await
        .unwrap();
    }

    /// Returns a new browser.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// Returns a browser in which a user of the cast is signed in.
    pub async fn signed_in(&self, username: &str) -> Browser {
        let mut browser = self.browser();
        browser.sign_in(username).await;
        browser
    }

    /// Returns the text of the newest mail in the queue to an address, as this instance of the server would send it.
    pub async fn mail_to(&self, address: &str) -> Option<String> {
        server::worker::open_for_test(&self.server, address).await.unwrap().map(|mail| mail.message.text)
    }

    /// Returns the six digits in the newest mail to an address.
    pub async fn code_to(&self, address: &str) -> String {
        let mail = self.mail_to(address).await.expect("a mail");
        let code = mail.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()));
        trace::note_field("code", code.unwrap());
        code.unwrap().to_owned()
    }

    /// Runs the jobs of deleted accounts until all those accounts are gone.
    pub async fn finish_deletions(&self) {
        while self.continue_deletions().await > 0 {}
    }

    /// Runs one slice of each deletion, and returns the number of accounts.
    pub async fn continue_deletions(&self) -> usize {
        let deleted = sqlx::query_scalar::<_, i64>("select id from users where deleted_at is not null");
        let deleted = deleted.fetch_all(self.server.db()).await.unwrap();
        for user in &deleted {
            server::accounts::erase(&self.server, server::base::id::UserId(*user)).await.unwrap();
        }
        deleted.len()
    }

    /// Forgets every counted attempt.
    pub async fn reset_limits(&self) {
        self.sql("delete from limits").await;
    }

    /// Ends the elevation of every session.
    pub async fn unelevate(&self) {
        self.sql("update sessions set elevated_until = now() - interval '1 second'").await;
    }

    /// Returns one number from the database.
    pub async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.server.db()).await.unwrap()
    }

    /// Runs a statement, to move time or to break something.
    pub async fn sql(&self, sql: &str) {
        sqlx::raw_sql(sql).execute(self.server.db()).await.unwrap();
    }

    /// Creates a post of a user, and returns its id.
    pub async fn post(&self, username: &str, body: &str) -> i64 {
        sqlx::query_scalar(
            "insert into posts (author_id, body) select id, $2 from users where username = $1 returning id",
        )
        .bind(username)
        .bind(body)
        .fetch_one(self.server.db())
        .await
        .unwrap()
    }

    /// Creates a reply of a user, and returns its id.
    pub async fn reply(&self, username: &str, parent: i64, body: &str) -> i64 {
        sqlx::query_scalar(
            "insert into posts (author_id, parent_id, body) select id, $2, $3 from users where username = $1 returning id",
        )
        .bind(username)
        .bind(parent)
        .bind(body)
        .fetch_one(self.server.db())
        .await
        .unwrap()
    }
}
