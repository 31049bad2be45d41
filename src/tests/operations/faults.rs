//! Faults of our dependencies: slow, broken or gone.

use std::time::{Duration, Instant};

use http::StatusCode;
use server::db;
use sqlx::PgPool;

use crate::tests::{Site, support::site::as_served};

// M25.
#[sqlx::test]
async fn every_connection_has_time_limits(pool: PgPool) {
    let served = as_served(&pool, 4);
    for (setting, value) in
        [("statement_timeout", "5s"), ("lock_timeout", "2s"), ("idle_in_transaction_session_timeout", "10s")]
    {
        let found: String =
            sqlx::query_scalar("select current_setting($1)").bind(setting).fetch_one(&served).await.unwrap();
        assert_eq!(found, value, "{setting}");
    }
}

// F02.
#[sqlx::test]
async fn locked_tables_yield_503_while_other_routes_keep_working(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let copy = Site::new(&as_served(&pool, 4));
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table users in access exclusive mode").execute(&mut *lock).await.unwrap();
    let begun = Instant::now();
    let visits: Vec<_> = (0..12)
        .map(|_| {
            let mut browser = copy.browser();
            tokio::spawn(async move { browser.get("/").await.status })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let health = Instant::now();
    assert_eq!(copy.browser().get("/healthz").await.status, StatusCode::OK);
    assert_eq!(copy.browser().get("/avatars/ada-1.svg").await.status, StatusCode::OK);
    assert!(health.elapsed() < Duration::from_millis(200));
    for visit in visits {
        assert_eq!(visit.await.unwrap(), StatusCode::SERVICE_UNAVAILABLE);
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    lock.rollback().await.unwrap();
    assert_eq!(copy.browser().get("/").await.status, StatusCode::OK, "and recovers at once");
    drop(site);
}

#[sqlx::test]
async fn failed_writes_warn_that_they_may_have_been_saved(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let copy = Site::new(&as_served(&pool, 4));
    let mut alan = copy.browser();
    alan.cookies = site.signed_in("alan").await.cookies;
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table users in access exclusive mode").execute(&mut *lock).await.unwrap();
    const MAY_BE_SAVED: &str = "This may have been saved; please check before trying again.";
    for (answer, reads) in [
        (alan.get("/").await, true),
        (alan.post("/posts", &[("body", "hello")]).await, false),
        (alan.post("/settings/profile", &[("display_name", "Alan")]).await, false),
        (alan.post("/sign-in", &[("identifier", "alan"), ("password", "wrong")]).await, false),
    ] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.body.contains("nothing was changed"), reads, "{}", answer.body);
        assert_eq!(answer.body.contains(MAY_BE_SAVED), !reads, "{}", answer.body);
    }
}

/// Removes the tables that the run's template may have given a new database.
async fn emptied(pool: &PgPool) {
    sqlx::raw_sql("drop schema public cascade; create schema public").execute(pool).await.unwrap();
}

// F14.
#[sqlx::test(migrations = false)]
async fn four_instances_starting_at_once_migrate_once(pool: PgPool) {
    emptied(&pool).await;
    let copies: Vec<_> = (0..4)
        .map(|_| {
            let served = as_served(&pool, 4);
            tokio::spawn(async move { db::migrate(&served).await })
        })
        .collect();
    for copy in copies {
        copy.await.unwrap().unwrap();
    }
    assert!(db::is_current(&mut pool.acquire().await.unwrap()).await.unwrap());
    // A schema that is newer than this instance is served all the same.
    sqlx::query("insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (99990101000000, 'from the future', true, '', 0)")
        .execute(&pool)
        .await
        .unwrap();
    db::migrate(&pool).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn is_not_ready_without_schema_or_while_draining(pool: PgPool) {
    emptied(&pool).await;
    let site = Site::new(&pool);
    assert_eq!(site.browser().get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    db::migrate(&pool).await.unwrap();
    assert_eq!(site.browser().get("/readyz").await.status, StatusCode::OK);
    site.server.drain();
    assert_eq!(site.browser().get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

// M26.
#[sqlx::test]
async fn the_sweeper_survives_a_database_error(pool: PgPool) {
    let site = Site::new(&pool);
    site.sql("insert into sessions (id, data, expiry_date, expires_at) values ('dead', '', now(), now() - interval '1 minute')").await;
    site.sql("alter table sessions rename to away").await;
    let sweeper = tokio::spawn(server::worker::sweep::run(site.server.clone()));
    tokio::time::sleep(Duration::from_millis(500)).await;
    site.sql("alter table away rename to sessions").await;
    let begun = Instant::now();
    while site.count("select count(*) from sessions").await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10) && !sweeper.is_finished());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    sweeper.abort();
}

// H50.
#[sqlx::test]
async fn sign_in_flood_leaves_other_requests_fast(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let flood: Vec<_> = (0..500)
        .map(|n| {
            let mut browser = site.browser().at(&format!("198.{}.{}.7", 51 + n / 250, n % 250));
            tokio::spawn(async move { browser.try_sign_in(&format!("somebody{n}"), "not the password").await.status })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    assert_eq!(site.browser().get("/avatars/ada-1.svg").await.status, StatusCode::OK);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let mut turned_away = 0;
    for task in flood {
        let status = task.await.unwrap();
        assert!(matches!(status.as_u16(), 422 | 429 | 503), "{status}");
        turned_away += i32::from(status == StatusCode::SERVICE_UNAVAILABLE);
    }
    assert!(turned_away > 0, "the queue has no end");
    // A refused sign-in was not counted as a failure.
    site.browser().sign_in("alan").await;
}

#[sqlx::test]
async fn a_panicking_handler_answers_500_and_others_keep_working(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let router = axum::Router::new()
        .route("/panic", axum::routing::get(|| async { panic!("a secret detail") as () }))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(crate::telemetry::panicked));
    let mut browser = crate::tests::Browser::new(router);
    let answer = browser.get("/panic").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.body.contains("secret detail"));
    assert_eq!(site.browser().get("/").await.status, StatusCode::OK);
}
