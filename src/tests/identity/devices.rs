//! The list of devices, and revoking sessions from it.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{PASSWORD, Site};

async fn device_of(site: &Site, agent: &str) -> String {
    sqlx::query_scalar("select device_id::text from sessions where user_agent like '%' || $1 || '%'")
        .bind(agent)
        .fetch_one(site.server.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn lists_devices_without_cookie_material(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut laptop = site.signed_in("alan").await;
    let mut phone = site.browser().at("198.51.100.9");
    phone.agent =
        "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36"
            .to_owned();
    phone.sign_in("alan").await;
    let page = laptop.get("/settings/devices").await;
    for words in [
        "Firefox 144 on Linux",
        "Chrome 150 on Android",
        "198.51.100.9",
        "203.0.113.7",
        "This device",
        "with your password",
    ] {
        assert!(page.body.contains(words), "{words}");
    }
    assert_eq!(page.header("cache-control"), "no-store");
    for browser in [&laptop, &phone] {
        let cookie = browser.session().unwrap();
        assert!(!page.body.contains(&cookie[..6]));
    }
    let key: String = sqlx::query_scalar("select id from sessions limit 1").fetch_one(&pool).await.unwrap();
    assert!(!page.body.contains(&key));
}

#[sqlx::test]
async fn revoking_a_session_takes_effect_at_its_next_request(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut here = site.signed_in("alan").await;
    let mut there = site.browser();
    there.agent = "Chrome/150 Windows".to_owned();
    there.sign_in("alan").await;
    let device = device_of(&site, "Chrome").await;
    let answer = here.post(&format!("/settings/devices/{device}/end"), &[]).await;
    assert_eq!(answer.location(), "/settings/devices");
    assert!(here.get("/settings/devices").await.body.contains("Signed out of Chrome on Windows."));
    assert!(!here.get("/settings/devices").await.body.contains("Signed out of"), "said once");
    assert_eq!(there.who().await, None);
    assert_eq!(here.who().await.as_deref(), Some("alan"));
    let again = here.post(&format!("/settings/devices/{device}/end"), &[]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert_eq!(site.count("select count(*) from audit_events where kind = 'device_ended'").await, 1);
}

#[sqlx::test]
async fn revokes_all_other_sessions_or_all_sessions(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut here = site.signed_in("alan").await;
    let mut there = site.signed_in("alan").await;
    let mut someone = site.signed_in("barbara").await;
    assert_eq!(here.post("/settings/devices/others/end", &[]).await.location(), "/settings/devices");
    assert_eq!((here.who().await.as_deref(), there.who().await), (Some("alan"), None));
    let answer = here.post("/settings/devices/all/end", &[]).await;
    assert_eq!((answer.location(), here.session()), ("/", None));
    assert_eq!(
        site.count("select count(*) from sessions s join users u on u.id = s.user_id where username = 'alan'").await,
        0
    );
    assert_eq!(someone.who().await.as_deref(), Some("barbara"));
}

#[sqlx::test]
async fn revoking_a_session_requires_elevation_in_the_last_ten_minutes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut here = site.signed_in("alan").await;
    let mut there = site.browser();
    there.agent = "Chrome/150 Windows".to_owned();
    there.sign_in("alan").await;
    let device = device_of(&site, "Chrome").await;
    site.sql("update sessions set elevated_until = elevated_until - interval '10 minutes 1 second'").await;
    for path in [
        format!("/settings/devices/{device}/end"),
        "/settings/devices/others/end".into(),
        "/settings/devices/all/end".into(),
    ] {
        let answer = here.post(&path, &[]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/elevate?next=%2F"), "{path}");
    }
    assert_eq!(there.who().await.as_deref(), Some("alan"));
    let wrong = here.post("/elevate", &[("current_password", "not it"), ("next", "/settings/devices")]).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("isn’t your password")
            || wrong.body.contains("isn't your password")
    );
    here.post("/elevate", &[("current_password", PASSWORD)]).await;
    assert_eq!(here.post(&format!("/settings/devices/{device}/end"), &[]).await.location(), "/settings/devices");
    assert_eq!(there.who().await, None);
}

#[sqlx::test]
async fn the_fifty_first_session_revokes_the_longest_idle_one(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut first = site.signed_in("alan").await;
    let mut idle = site.signed_in("alan").await;
    site.sql("update sessions set last_seen_at = now() - interval '4 minutes'").await;
    site.sql("update sessions set last_seen_at = now() where created_at = (select min(created_at) from sessions)")
        .await;
    site.sql("insert into sessions (id, data, expiry_date, expires_at, user_id, last_seen_at) select 'x' || n, '', now(), now() + interval '1 day', (select id from users where username = 'alan'), now() - interval '1 minute' from generate_series(1, 48) n").await;
    let mut newest = site.signed_in("alan").await;
    assert_eq!(site.count("select count(*) from sessions").await, 50);
    assert_eq!(idle.who().await, None);
    assert!(first.who().await.is_some() && newest.who().await.is_some());
}
