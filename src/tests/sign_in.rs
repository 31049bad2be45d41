//! Signing in and out: one message for every failure, equal work, limits that hold in a storm.

use http::StatusCode;
use sqlx::PgPool;

use super::{PASSWORD, Site};

#[sqlx::test]
async fn by_username_or_address_in_any_case(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for identifier in ["alan", "Alan", "@alan", "alan@kith.example", " ALAN@KITH.EXAMPLE "] {
        let mut browser = site.browser();
        assert_eq!(browser.try_sign_in(identifier, PASSWORD).await.location(), "/", "{identifier}");
        assert_eq!(browser.who().await.as_deref(), Some("alan"));
    }
}

#[sqlx::test]
async fn h15_every_failure_is_the_same_answer(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql("insert into users (username, email) values ('hub_only', 'hub@kith.example')").await;
    site.sql("update users set suspended_at = now(), suspended_reason = 'spam' where username = 'edsger'").await;
    let mut bodies = Vec::new();
    for identifier in
        ["alan", "nobody_here", "alan@kith.example", "x@kith.example", "hub_only", "edsger", "' or 1=1 --", "…"]
    {
        let answer = site.browser().try_sign_in(identifier, "wrong horse battery").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{identifier}");
        assert!(answer.set_cookies().is_empty());
        bodies.push(answer.body.replace(&escaped(identifier), "X"));
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(!bodies[0].contains("wrong horse"));
    assert_eq!(site.count("select count(*) from sessions").await, 0);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[sqlx::test]
async fn ten_failures_lock_a_name_known_or_not_until_the_window_ends(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for identifier in ["alan", "nobody_here"] {
        for n in 0..11 {
            let answer = site.browser().at(&format!("198.51.100.{n}")).try_sign_in(identifier, "wrong").await;
            let expected = if n < 10 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
            assert_eq!(answer.status, expected, "{identifier} {n}");
        }
    }
    let locked = site.browser().try_sign_in("alan", PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.header("retry-after").parse::<u64>().unwrap() <= 900 && locked.body.contains("15 minutes"));
    site.sql("update limits set window_ends_at = window_ends_at - interval '15 minutes'").await;
    assert_eq!(site.browser().try_sign_in("alan", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn h19_two_hundred_guesses_at_once_are_not_more_than_ten(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let guesses: Vec<_> = (0..200)
        .map(|n| {
            let mut browser = site.browser().at(&format!("198.51.100.{n}"));
            tokio::spawn(async move { browser.try_sign_in("alan", "a wrong guess").await.status })
        })
        .collect();
    let mut judged = 0;
    for guess in guesses {
        judged += i32::from(guess.await.unwrap() == StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(judged <= 10, "{judged}");
}

#[sqlx::test]
async fn h16_thirty_failures_lock_a_place_whatever_it_says_of_itself(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for n in 0..31 {
        let mut browser = site.browser();
        let request = http::Request::post("/sign-in")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", format!("192.0.2.{n}"))
            .header("forwarded", format!("for=192.0.2.{n}"))
            .header("x-real-ip", format!("192.0.2.{n}"))
            .body(format!("identifier=someone{n}&password=wrong").into())
            .unwrap();
        let status = browser.send(request).await.status;
        let expected = if n < 30 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(status, expected, "{n}");
    }
}

#[sqlx::test]
async fn next_is_followed_only_within_the_site(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (next, expected) in [
        ("/following?x=1", "/following?x=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil", "/"),
        ("/%09/evil", "/"),
    ] {
        let fields = [("identifier", "alan"), ("password", PASSWORD), ("next", next)];
        assert_eq!(site.browser().post("/sign-in", &fields).await.location(), expected);
    }
    let page = site.browser().get("/following").await;
    assert_eq!(page.location(), "/sign-in?next=%2Ffollowing");
}

#[sqlx::test]
async fn signing_in_as_somebody_else_switches_cleanly(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    let before = browser.clone();
    browser.sign_in("barbara").await;
    assert_eq!(before.clone().who().await, None, "the session before is over");
    assert_eq!(site.count("select count(*) from sessions").await, 1);
}

#[sqlx::test]
async fn signing_out_ends_the_session_on_the_server_and_clears_the_browser(pool: PgPool) {
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
async fn keep_me_signed_in_decides_how_long_cookie_and_session_live(pool: PgPool) {
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
async fn who_is_suspended_is_out_at_once_and_told_why(pool: PgPool) {
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

#[sqlx::test]
async fn an_older_hash_is_replaced_at_the_next_sign_in(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let argon2 = argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        argon2::Params::new(8_192, 1, 1, None).unwrap(),
    );
    let old = argon2::PasswordHasher::hash_password(&argon2, PASSWORD.as_bytes()).unwrap().to_string();
    sqlx::query("update passwords set hash = $1").bind(&old).execute(&pool).await.unwrap();
    site.browser().sign_in("alan").await;
    let newer = "select count(*) from passwords p join users u on u.id = p.user_id where hash like '%m=19456,t=2,p=1%' and username = 'alan'";
    assert_eq!(site.count(newer).await, 1);
    site.browser().sign_in("alan").await;
}
