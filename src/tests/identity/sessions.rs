//! Behaviour of the session store that must not occur here. Each of these tests fails when its fix is removed.

use http::{Request, StatusCode};
use server::identity::sessions::SessionKey;
use sqlx::PgPool;
use tower_sessions::session::Id;

use crate::tests::{PASSWORD, Site};

#[sqlx::test]
async fn a_copy_of_the_table_opens_no_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let browser = site.signed_in("alan").await;
    let cookie = browser.session().unwrap().clone();
    let id: Id = cookie.parse().unwrap();
    let (key, data): (String, Vec<u8>) =
        sqlx::query_as("select id, data from sessions").fetch_one(&pool).await.unwrap();
    assert_ne!(key, cookie);
    assert_eq!(key, SessionKey::of(&id).as_str());
    let raw: Vec<u8> = id.0.to_be_bytes().into();
    assert!(
        !data.windows(16).any(|w| w == raw) && !String::from_utf8_lossy(&data).contains(&cookie),
        "not in the record either"
    );
    // The value in the table is no cookie.
    let mut thief = site.browser();
    thief.cookies.insert("__Host-id".to_owned(), key);
    assert_eq!(thief.who().await, None);
}

#[sqlx::test]
async fn elevating_changes_the_session_id_and_revokes_the_old_one(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    let before = browser.clone();
    let device = "select device_id::text || sign_in_method || ends_at::text from sessions";
    let kept: String = sqlx::query_scalar(device).fetch_one(&pool).await.unwrap();
    let answer = browser.post("/elevate", &[("current_password", PASSWORD), ("next", "/settings/devices")]).await;
    assert_eq!(answer.location(), "/settings/devices", "{}", answer.body);
    assert_ne!(browser.session(), before.session());
    assert_eq!(before.clone().who().await, None);
    assert_eq!(browser.who().await.as_deref(), Some("alan"));
    assert_eq!(sqlx::query_scalar::<_, String>(device).fetch_one(&pool).await.unwrap(), kept, "it is the same device");
}

#[sqlx::test]
async fn updating_last_seen_never_recreates_a_deleted_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let browser = site.signed_in("alan").await;
    site.sql("update sessions set last_seen_at = now() - interval '6 minutes'").await;
    let requests = (0..20).map(|_| {
        let mut browser = browser.clone();
        tokio::spawn(async move { browser.get("/").await.status })
    });
    let tasks: Vec<_> = requests.collect();
    site.sql("delete from sessions").await;
    for task in tasks {
        assert_eq!(task.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(site.count("select count(*) from sessions").await, 0);
}

#[sqlx::test]
async fn updates_last_seen_and_expiry_at_most_every_five_minutes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    site.sql("update sessions set last_seen_at = now() - interval '4 minutes', expires_at = now() + interval '1 hour'")
        .await;
    browser.get("/").await;
    let hours = "select (extract(epoch from expires_at - now()) / 3600)::bigint from sessions";
    assert_eq!(site.count(hours).await, 1, "not written");
    site.sql("update sessions set last_seen_at = now() - interval '6 minutes'").await;
    browser.get("/").await;
    assert_eq!(site.count(hours).await, 720, "30 days");
}

#[sqlx::test]
async fn sessions_expire_when_idle_and_after_180_days_at_most(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    site.sql("update sessions set last_seen_at = last_seen_at - interval '31 days', expires_at = expires_at - interval '30 days 1 second'").await;
    assert_eq!(browser.who().await, None);

    let mut busy = site.signed_in("alan").await;
    for _ in 0..178 {
        site.sql("update sessions set last_seen_at = last_seen_at - interval '1 day', expires_at = expires_at - interval '1 day', ends_at = ends_at - interval '1 day' where expires_at > now()").await;
        assert_eq!(busy.get("/").await.status, StatusCode::OK);
    }
    assert_eq!(busy.who().await.as_deref(), Some("alan"));
    site.sql("update sessions set expires_at = expires_at - interval '2 days 1 hour', ends_at = ends_at - interval '2 days 1 hour'").await;
    assert_eq!(busy.who().await, None);
}

#[sqlx::test]
async fn accepts_only_the_exact_session_cookie(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let browser = site.signed_in("alan").await;
    let id = browser.session().unwrap();
    for (line, signed_in) in [
        (format!("__Host-id={id}"), true),
        (format!("a=b; __Host-id={id}; c=d"), true),
        (format!("%5f%5fHost-id={id}"), false),
        (format!("\u{2000}__Host-id={id}"), false),
        (format!("\u{a0}__Host-id={id}"), false),
        (format!("__Host-id={id}; __Host-id={id}"), false),
        (format!("__Host-id={id}; %5f%5fHost-id=x; __Host-id=y"), false),
        (format!("id={id}"), false),
        (format!("__Host-id=\"{id}\""), false),
        (format!("__Host-id={id}%20"), false),
    ] {
        let request = Request::get("/settings/devices")
            .header("cookie", line.as_bytes())
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = site.browser().send(request).await;
        assert_eq!(answer.status == StatusCode::OK, signed_in, "{line}");
    }
}

// F20.
#[sqlx::test]
async fn a_read_only_database_signs_no_user_out(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    site.sql("update sessions set last_seen_at = now() - interval '1 hour'").await;
    let name: String = sqlx::query_scalar("select current_database()").fetch_one(&pool).await.unwrap();
    site.sql(&format!("alter database \"{name}\" set default_transaction_read_only = on")).await;
    let reader = sqlx::postgres::PgPoolOptions::new().connect_with((*pool.connect_options()).clone()).await.unwrap();
    let other_copy = Site::new(&reader);
    let mut there = other_copy.browser();
    there.cookies.clone_from(&browser.cookies);
    assert_eq!(there.who().await.as_deref(), Some("alan"));
    let write = there.post("/posts", &[("body", "hello")]).await;
    assert_eq!(write.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(write.header("retry-after").parse::<u64>().is_ok() && there.session().is_some());
    assert_eq!(browser.who().await.as_deref(), Some("alan"));
}

// R4.
#[sqlx::test]
async fn an_unreachable_database_answers_503_and_signs_no_user_out(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    let options = (*pool.connect_options()).clone().socket("/nowhere").host("/nowhere");
    let gone = sqlx::postgres::PgPoolOptions::new()
        .acquire_timeout(std::time::Duration::from_millis(300))
        .connect_lazy_with(options);
    let dead = Site::new(&gone);
    let mut there = dead.browser();
    there.cookies.clone_from(&browser.cookies);
    for path in ["/", "/settings/devices", "/@ada", "/posts/1"] {
        let answer = there.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.set_cookies().is_empty() && !answer.header("retry-after").is_empty(), "{path}");
        assert!(answer.body.contains("<h1>") && !answer.body.contains("nowhere"), "{path}: {}", answer.body);
    }
    for (path, fields) in [("/sign-out", &[][..]), ("/sign-in", &[("identifier", "alan"), ("password", PASSWORD)])] {
        let answer = there.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(there.session().is_some(), "{path}");
    }
    assert_eq!(there.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(there.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.who().await.as_deref(), Some("alan"));
}

#[sqlx::test]
async fn only_one_of_concurrent_elevations_sets_a_session_cookie(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let browser = site.signed_in("alan").await;
    let clicks = (0..8).map(|_| {
        let mut click = browser.clone();
        tokio::spawn(async move { click.post("/elevate", &[("current_password", PASSWORD)]).await })
    });
    let mut cookies = Vec::new();
    for click in clicks.collect::<Vec<_>>() {
        let answer = click.await.unwrap();
        cookies.extend(
            answer.set_cookies().iter().filter(|line| line.starts_with("__Host-id=")).map(|line| (*line).to_owned()),
        );
    }
    assert_eq!(cookies.len(), 1, "only a session that belongs to somebody reaches the browser");
    let mut winner = site.browser();
    winner.cookies.insert("__Host-id".into(), cookies[0].split(['=', ';']).nth(1).unwrap().to_owned());
    assert_eq!(winner.who().await.as_deref(), Some("alan"));
}

// F13.
#[sqlx::test]
async fn a_sign_out_on_one_instance_holds_on_the_other(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let other = Site::new(&pool);
    let browser = site.signed_in("alan").await;
    let mut there = other.browser();
    there.cookies.clone_from(&browser.cookies);
    assert_eq!(there.who().await.as_deref(), Some("alan"));
    browser.clone().post("/sign-out", &[]).await;
    assert_eq!(there.who().await, None);
}

#[sqlx::test]
async fn the_sweeper_deletes_many_expired_rows_and_no_others(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    // Posts of the cast that are not rendered or indexed yet are not counted below.
    server::worker::sweep::everything(&site.server).await.unwrap();
    let mut browser = site.signed_in("alan").await;
    site.sql("insert into sessions (id, data, expiry_date, expires_at) select 'dead' || n, '', now(), now() - interval '1 minute' from generate_series(1, 3500) n").await;
    site.sql("insert into registrations (flow_hash, email, username, expires_at) values ('\\x00', 'a@b.c', 'abc', now() - interval '1 second')").await;
    site.sql("update users set suspended_at = now(), suspended_until = now() - interval '1 second', suspended_reason = 'x' where username = 'barbara'").await;
    assert_eq!(server::worker::sweep::everything(&site.server).await.unwrap(), 3_501);
    assert_eq!(browser.who().await.as_deref(), Some("alan"));
    site.browser().sign_in("barbara").await;
}
