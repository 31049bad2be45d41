//! The number of statements of each page. Every visit pays for a number that grows here.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use server::{base::id::PostId, social::posts::thread};
use sqlx::{PgConnection, PgPool};
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
};

use crate::tests::{Browser, Site};

/// Counts the statements that sqlx logs.
#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Runs `work`, and returns the number of statements it sent.
pub async fn statements<T>(work: impl Future<Output = T>) -> (T, usize) {
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone().with_filter(LevelFilter::TRACE));
    let _guard = tracing::subscriber::set_default(subscriber);
    let done = work.await;
    (done, statements.0.load(Ordering::SeqCst))
}

async fn cost(browser: &mut Browser, path: &str) -> usize {
    let (answer, cost) = statements(browser.get(path)).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.status);
    cost
}

#[sqlx::test]
async fn pages_keep_to_their_budget_of_statements(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for n in 0..60 {
        site.post(["ada", "alan", "grace"][n % 3], &format!("post {n}")).await;
    }
    let post = site.post("alan", "the last").await;
    let (mut anybody, mut member) = (site.browser(), site.signed_in("barbara").await);
    // A post's page: the posts it answers down to its own place, and its replies.
    for (path, budget) in [
        ("/".to_owned(), 1),
        ("/@alan".to_owned(), 2),
        ("/@alan/replies".to_owned(), 2),
        ("/@alan/likes".to_owned(), 2),
        ("/@alan/followers".to_owned(), 2),
        ("/@alan/following".to_owned(), 2),
        (format!("/posts/{post}"), 2),
        ("/sign-in".to_owned(), 0),
    ] {
        assert_eq!(cost(&mut anybody, &path).await, budget, "anonymous {path}");
        assert_eq!(cost(&mut member, &path).await, budget + 1, "signed in {path}: one more, the check");
    }
    assert_eq!(cost(&mut member, "/settings/devices").await, 2);
    assert_eq!(cost(&mut member, "/notifications").await, 2, "however much of it is unread");
    assert_eq!(cost(&mut member, "/healthz").await + cost(&mut member, "/avatars/ada-1.svg").await, 0);
}

#[sqlx::test]
async fn avatars_add_no_statements_to_a_page(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (n, username) in ["ada", "alan", "grace"].into_iter().enumerate() {
        site.picture(username, n as u64).await;
        site.post(username, "hello").await;
    }
    let (mut anybody, mut member) = (site.browser(), site.signed_in("alan").await);
    assert_eq!((cost(&mut anybody, "/").await, cost(&mut member, "/").await), (1, 2));
    let picture = format!("/avatars/{}.96", site.picture_of("ada").await.unwrap());
    assert_eq!((cost(&mut anybody, &picture).await, cost(&mut member, &picture).await), (1, 1), "and no session check");
}

/// Returns the number of rows of `posts` that `work` reads, by sequential scan (which it should not use) and by an
/// index.
async fn rows_read<T>(site: &Site, work: impl AsyncFnOnce(&mut PgConnection) -> T) -> (T, i64, i64) {
    let mut tx = site.server.begin().await.unwrap();
    let before = rows_counted(&mut tx).await;
    let done = work(&mut tx).await;
    let after = rows_counted(&mut tx).await;
    (done, after.0 - before.0, after.1 - before.1)
}

/// Returns the row counts of this connection that Postgres has not reported yet, which can be of earlier transactions
/// too.
async fn rows_counted(db: &mut PgConnection) -> (i64, i64) {
    sqlx::query_as(
        "select seq_tup_read, coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables where relname = 'posts'",
    )
    .fetch_one(db)
    .await
    .unwrap()
}

#[sqlx::test]
async fn a_conversation_costs_the_same_at_any_size(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("alan", "everybody answers").await;
    let busy = site.reply("ada", root, "here too").await;
    for parent in [root, busy] {
        site.sql(&format!(
            "insert into posts (author_id, parent_id, body) select 1 + n % 5, {parent}, 'reply' from generate_series(1, 10000) n"
        ))
        .await;
    }
    let mut deep = root;
    for _ in 0..1_000 {
        deep = site.reply("grace", deep, "deeper").await;
    }
    site.sql("analyze posts").await;
    for id in [root, busy, deep] {
        let id = PostId(id);
        let (found, one_by_one, by_index) = rows_read(&site, async |db| {
            let above = thread::chain(db, id, None).await.unwrap().above.len();
            (above, thread::replies(db, id, None, None).await.unwrap().branches.len())
        })
        .await;
        assert_eq!(one_by_one, 0, "{id:?}: {found:?}");
        assert!(by_index < 600, "{id:?}: {by_index} rows for {found:?}");
        assert!(found.0 <= 20 && found.1 <= 20);
    }
    let (mut anybody, mut member) = (site.browser(), site.signed_in("barbara").await);
    for id in [root, busy, deep] {
        let path = format!("/posts/{id}");
        assert_eq!((cost(&mut anybody, &path).await, cost(&mut member, &path).await), (2, 3), "{path}");
    }
}

#[sqlx::test]
async fn trending_adds_no_statements_and_searches_need_few(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for name in ["ada", "alan"] {
        site.signed_in(name).await.post("/posts", &[("body", "a #lantern")]).await;
    }
    server::social::trending::refresh(&site.server).await.unwrap();
    let (mut anybody, mut member) = (site.browser(), site.signed_in("barbara").await);
    // A search begins with its time limit; a small site is one stretch.
    for (path, budget) in [
        ("/", 1),
        ("/trending", 0),
        ("/search", 0),
        ("/tags/lantern", 1),
        ("/search/posts?q=lantern", 2),
        // With room below the matches for users with a similar name.
        ("/search/people?q=alan", 3),
        ("/search/people?q=alna", 3),
        ("/search/tags?q=lant", 2),
        ("/search?q=lantern", 5),
    ] {
        assert_eq!(cost(&mut anybody, path).await, budget, "anonymous {path}");
        assert_eq!(cost(&mut member, path).await, budget + 1, "signed in {path}: one more, the check");
    }
}
