//! User export and account deletion.

use axum::body::to_bytes;
use http::{Request, StatusCode};
use sqlx::PgPool;
use tower::ServiceExt;

use crate::tests::{PASSWORD, Site};

#[sqlx::test]
async fn a_deleted_account_leaves_only_its_id(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "a last word").await;
    let mut alan = site.signed_in("alan").await;
    let mut elsewhere = site.signed_in("alan").await;
    alan.post("/@ada/follow", &[("follow", "true")]).await;
    alan.post(&format!("/posts/{post}/like"), &[("like", "true")]).await;
    let wrong = alan.post("/settings/account/delete", &[("username_again", "ada")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(alan.post("/settings/account/delete", &[("username_again", "@Alan")]).await.location(), "/");
    assert_eq!((alan.session(), elsewhere.who().await), (None, None));
    assert_eq!(site.browser().get("/@alan").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.browser().get(&format!("/posts/{post}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.browser().try_sign_in("alan", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    site.finish_deletions().await;
    for table in ["passwords", "sessions", "known_browsers", "email_links", "email_codes"] {
        let left = format!("select count(*) from {table} where user_id not in (select id from users)");
        assert_eq!(site.count(&left).await, 0, "{table}");
    }
    assert_eq!(
        site.count("select followers from profile_counts c join users u on u.id = c.user_id where username = 'ada'")
            .await,
        0
    );
    let gone = "audit_events where user_id not in (select id from users)";
    assert!(site.count(&format!("select count(*) from {gone}")).await > 2);
    let told = format!("select count(*) from {gone} and (ip is not null or user_agent <> '' or detail <> '{{}}')");
    assert_eq!(site.count(&told).await, 0);
    assert!(site.mail_to("alan@kith.example").await.unwrap().contains("deleted"));
}

#[sqlx::test]
async fn exports_user_data_as_one_file_without_secrets(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "something =1+1 I wrote").await;
    site.signed_in("ada").await.post("/@alan/follow", &[("follow", "true")]).await;
    let mut alan = site.signed_in("alan").await;
    let form = format!("for_user={}", alan.form_user().await.unwrap());
    let cookies: Vec<String> = alan.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut request = Request::post("/settings/account/export")
        .header("host", "kith.example")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookies.join("; "))
        .body(axum::body::Body::from(form))
        .unwrap();
    request.extensions_mut().insert(server::http::Peer(alan.peer));
    let response = site.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/zip");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let bytes = to_bytes(response.into_body(), 10_000_000).await.unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let mut all = String::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        std::io::Read::read_to_string(&mut file, &mut all).unwrap();
    }
    for held in [
        "alan@kith.example",
        "something =1+1 I wrote",
        "Firefox/144",
        "203.0.113.7",
        "signed_in",
        "<svg",
        "\"rhythm\": \"daily\"",
        "\"by\":\"ada\"",
    ] {
        assert!(all.contains(held), "{held}");
    }
    let key: String =
        sqlx::query_scalar("select id from sessions order by created_at desc").fetch_one(&pool).await.unwrap();
    for secret in ["$argon2id", alan.session().unwrap(), &key, &alan.cookies["__Host-browser"]] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[sqlx::test]
async fn exports_are_limited_to_five_an_hour(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    for n in 0..6 {
        let request = alan.post("/settings/account/export", &[]).await;
        let expected = if n < 5 { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(request.status, expected, "{n}");
    }
}

#[sqlx::test]
async fn the_sweeper_applies_the_documented_retention_periods(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "insert into audit_events (user_id, kind, at, ip, user_agent) select id, 'signed_in', now() - interval '401 days', '::1', 'x' from users where username = 'alan';
         insert into audit_events (user_id, kind, at, ip, user_agent) select id, 'signed_out', now() - interval '91 days', '::1', 'x' from users where username = 'alan';
         insert into known_browsers (user_id, browser_hash, last_seen_at) select id, '\\x01', now() - interval '401 days' from users where username = 'alan';
         insert into former_usernames (username, user_id, reserved_until) select 'old_name', id, now() - interval '1 second' from users where username = 'alan';
         insert into email_codes (flow_hash, purpose, email, expires_at) values ('\\x02', 'sign_in', 'x', now() - interval '61 minutes');
         insert into email_links (purpose, user_id, expires_at) select 'reset_password', id, now() - interval '25 hours' from users where username = 'alan';
         insert into jobs (kind, payload, dead_at) values ('mail', '{}', now() - interval '31 days');
         insert into limits (policy, key, count, window_ends_at) values ('x', '\\x03', 1, now() - interval '2 minutes')",
    )
    .await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    for table in ["known_browsers", "former_usernames", "email_codes", "email_links", "jobs", "limits"] {
        assert_eq!(site.count(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
    assert_eq!(site.count("select count(*) from audit_events").await, 1);
    assert_eq!(site.count("select count(*) from audit_events where ip is not null or user_agent <> ''").await, 0);
}
