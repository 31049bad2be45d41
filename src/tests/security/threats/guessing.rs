//! Guessing and limits: the information in a response to a stranger, and the number of guesses. (`enumeration` tests
//! the time of a response.)

use axum::body::Body;
use http::{Request, StatusCode};
use sqlx::PgPool;

use super::{Browser, NEW, Site, ask_for_code, ask_to_join};

// H15.
#[sqlx::test]
async fn every_failed_sign_in_gets_the_same_response(pool: PgPool) {
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

// H15.
#[sqlx::test]
async fn mail_requests_for_unknown_addresses_get_the_same_response(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for path in ["/forgot-password", "/sign-in/code/send"] {
        let mut answers = Vec::new();
        for address in ["alan@kith.example", "nobody@kith.example"] {
            let answer = site.browser().post(path, &[("email", address)]).await;
            let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            answers.push((answer.status, answer.location().to_owned(), answer.body.replace(address, "X"), names));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
    assert!(site.mail_to("nobody@kith.example").await.unwrap().contains("no account has it"));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

// H16.
#[sqlx::test]
async fn thirty_failures_lock_a_client_despite_forged_headers(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for n in 0..31 {
        let mut browser = site.browser();
        let request = Request::post("/sign-in")
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

// H16.
#[sqlx::test]
async fn limits_use_the_address_reported_by_the_trusted_proxy(pool: PgPool) {
    let site = Site::with(&pool, &[("KITH_TRUSTED_PROXIES", "203.0.113.0/24")]);
    let guess = |n: usize, chain: String| {
        let request = Request::post("/sign-in")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", chain)
            .header("x-real-ip", format!("192.0.2.{n}"))
            .body(Body::from(format!("identifier=someone{n}&password=wrong")))
            .unwrap();
        let mut browser = site.browser();
        async move { browser.send(request).await.status }
    };
    for n in 0..31 {
        let status = guess(n, format!("192.0.2.{n}, 198.51.100.9")).await;
        let expected = if n < 30 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(status, expected, "{n}");
    }
    assert_eq!(guess(31, "198.51.100.9, 198.51.100.10".into()).await, StatusCode::UNPROCESSABLE_ENTITY);
    // An address from an untrusted proxy, and hops of our own, do not help either.
    assert_eq!(guess(32, "198.51.100.10, 198.51.100.9, 203.0.113.9".into()).await, StatusCode::TOO_MANY_REQUESTS);
}

// H19.
#[sqlx::test]
async fn concurrent_password_guesses_cannot_exceed_ten(pool: PgPool) {
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

// H19.
#[sqlx::test]
async fn concurrent_sign_up_code_guesses_cannot_exceed_five(pool: PgPool) {
    let site = Site::new(&pool);
    let mut browser = site.browser();
    let code = ask_to_join(&site, &mut browser, ("new@kith.example", "newcomer", NEW)).await;
    let tries = (0..100).map(|n| {
        let (mut browser, guess) = (browser.clone().at(&format!("198.51.100.{n}")), format!("{:06}", n));
        let guess = if guess == code { "999999".to_owned() } else { guess };
        tokio::spawn(async move { browser.post("/sign-up/verify", &[("code", &guess)]).await.body })
    });
    let mut judged = 0;
    for task in tries.collect::<Vec<_>>() {
        judged += i32::from(task.await.unwrap().contains("right"));
    }
    assert_eq!(judged, 5);
}

// H19.
#[sqlx::test]
async fn guessing_the_password_from_a_stolen_session_is_limited(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    for n in 0..11 {
        let status = browser.post("/elevate", &[("current_password", "guess")]).await.status;
        let expected = if n < 10 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(status, expected, "{n}");
    }
}

/// Returns the number of a hundred wrong codes at once, each from its own address, that are compared with the right
/// one.
async fn judged(browser: &Browser, path: &'static str, right: &str) -> usize {
    let tries = (0..100).map(|n| {
        let (mut tab, guess) = (browser.clone().at(&format!("198.51.100.{n}")), format!("{n:06}"));
        let guess = if guess == right { "999999".to_owned() } else { guess };
        tokio::spawn(async move { tab.post(path, &[("code", &guess)]).await.body })
    });
    let mut judged = 0;
    for task in tries.collect::<Vec<_>>() {
        let body = task.await.unwrap();
        judged += usize::from(body.contains("right, and it was") || body.contains("right. You have"));
    }
    judged
}

// H19.
#[sqlx::test]
async fn every_code_form_compares_at_most_five_guesses(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut stranger = site.browser();
    let code = ask_for_code(&site, &mut stranger, "alan").await;
    assert_eq!(judged(&stranger, "/sign-in/code", &code).await, 5);
    assert!(stranger.post("/sign-in/code", &[("code", &code)]).await.body.contains("Too many tries"));

    let mut alan = site.signed_in("alan").await;
    alan.post("/elevate/send", &[("next", "/")]).await;
    let code = site.code_to("alan@kith.example").await;
    assert_eq!(judged(&alan, "/elevate/code", &code).await, 5);

    alan.post("/settings/account/email", &[("email", "other@kith.example")]).await;
    let code = site.code_to("other@kith.example").await;
    assert_eq!(judged(&alan, "/settings/account/email/verify", &code).await, 5);
    let late = alan.post("/settings/account/email/verify", &[("code", &code)]).await;
    assert_eq!(
        late.status,
        StatusCode::TOO_MANY_REQUESTS,
        "codes for what has no tries left are counted by who types them"
    );
    assert_eq!(site.count("select count(*) from users where email = 'other@kith.example'").await, 0);
}

// H19.
#[sqlx::test]
async fn concurrent_guesses_from_a_stolen_session_cannot_exceed_ten(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let thief = site.signed_in("alan").await;
    let guesses = (0..100).map(|n| {
        let mut tab = thief.clone().at(&format!("198.51.100.{n}"));
        tokio::spawn(async move { tab.post("/elevate", &[("current_password", "a wrong guess")]).await.status })
    });
    let mut judged = 0;
    for guess in guesses.collect::<Vec<_>>() {
        judged += usize::from(guess.await.unwrap() == StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(judged <= 10, "{judged}");
}
