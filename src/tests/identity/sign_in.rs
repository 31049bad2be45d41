//! Sign-in and sign-out: one message for every failure, equal work, limits that hold in a storm.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{PASSWORD, Site};

#[sqlx::test]
async fn accepts_username_or_address_in_any_case_and_unicode_form(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for identifier in [
        "alan",
        "Alan",
        "@alan",
        "alan@kith.example",
        " ALAN@KITH.EXAMPLE ",
        // As copied, or typed with other keyboards.
        "al\u{ad}an\u{200b}",
        "\u{202a}@alan\u{202c}",
        "ａｌａｎ",
        "\u{feff}alan＠kith．example",
        "\u{2066}alan@kith.example\u{2069}\u{a0}",
    ] {
        let mut browser = site.browser();
        assert_eq!(browser.try_sign_in(identifier, PASSWORD).await.location(), "/", "{identifier}");
        assert_eq!(browser.who().await.as_deref(), Some("alan"));
    }
}

#[sqlx::test]
async fn ten_failures_lock_any_username_until_the_window_ends(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for identifier in ["alan", "nobody_here"] {
        for n in 0..11 {
            let answer = site.browser().at(&format!("198.51.100.{n}")).try_sign_in(identifier, "wrong").await;
            let expected = if n < 10 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
            assert_eq!(answer.status, expected, "{identifier} {n}");
        }
    }
    let locked = site.browser().at("198.51.100.99").try_sign_in("alan", PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.header("retry-after").parse::<u64>().unwrap() <= 900 && locked.body.contains("15 minutes"));
    site.sql("update limits set window_ends_at = window_ends_at - interval '15 minutes'").await;
    assert_eq!(site.browser().try_sign_in("alan", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn signing_in_as_another_user_revokes_the_previous_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    let before = browser.clone();
    browser.sign_in("barbara").await;
    assert_eq!(before.clone().who().await, None, "the session before is over");
    assert_eq!(site.count("select count(*) from sessions").await, 1);
}

#[sqlx::test]
async fn signing_out_revokes_the_session_and_clears_the_browser(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    let stolen = browser.clone();
    let answer = browser.post("/sign-out", &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(answer.header("clear-site-data"), "\"cache\", \"storage\"");
    assert!(browser.session().is_none());
    assert_eq!(stolen.clone().who().await, None);
    assert_eq!(site.count("select count(*) from sessions").await, 0);
    assert_eq!(browser.get("/sign-out").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[sqlx::test]
async fn signing_out_clears_all_cookies_of_pending_actions(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for path in ["/sign-out", "/settings/devices/all/end", "/settings/account/delete"] {
        let mut browser = site.signed_in("alan").await;
        for name in ["__Host-flow", "__Host-proof", "__Host-oauth", "__Host-link", "__Host-draft", "__Host-theme"] {
            browser.cookies.insert(name.into(), "A".repeat(43));
        }
        let fields = [("username_again", "alan")];
        let answer = browser.post(path, &fields[..usize::from(path.ends_with("delete"))]).await;
        assert_eq!(answer.location(), "/", "{path}");
        let left: Vec<&str> = browser.cookies.keys().map(String::as_str).collect();
        // The message, the colours, and the known browser.
        assert_eq!(left, ["__Host-browser", "__Host-flash", "__Host-theme"], "{path}");
    }
}

#[sqlx::test]
async fn keep_me_signed_in_extends_cookie_and_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let kept = site.browser().try_sign_in("alan", PASSWORD).await;
    let line = kept.set_cookies().into_iter().find(|c| c.starts_with("__Host-id=")).unwrap().to_owned();
    assert!(line.contains("Max-Age=15552000"), "{line}");
    let fields = [("identifier", "barbara"), ("password", PASSWORD)];
    let brief = site.browser().post("/sign-in", &fields).await;
    let line = brief.set_cookies().into_iter().find(|c| c.starts_with("__Host-id=")).unwrap().to_owned();
    assert!(!line.contains("Max-Age"), "{line}");
    let lives = "select extract(epoch from s.expires_at - now())::bigint from sessions s join users u on u.id = s.user_id where u.username = ";
    assert!((30 * 86_400 - site.count(&format!("{lives}'alan'")).await).abs() < 60);
    assert!((12 * 3_600 - site.count(&format!("{lives}'barbara'")).await).abs() < 60);
}

#[sqlx::test]
async fn suspension_revokes_sessions_and_refuses_sign_in_with_the_reason(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    let id = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::suspend(&site.server, id, "Too many adverts", None).await.unwrap();
    assert_eq!(browser.who().await, None);
    let answer = site.browser().try_sign_in("alan", PASSWORD).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("Too many adverts"));
    server::accounts::restore(&site.server, id).await.unwrap();
    assert_eq!(browser.who().await, None, "an ended session stays ended");
    site.browser().sign_in("alan").await;
}
