//! What is counted for whom: strangers can use up what they share, never what is somebody's own.

use http::StatusCode;
use server::limits;
use sqlx::PgPool;

use super::{PASSWORD, Site};

#[sqlx::test]
async fn an_owner_gets_their_mail_whatever_strangers_ask_for(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut mine = site.signed_in("alan").await;
    mine.post("/sign-out", &[]).await;
    let to = [("email", "alan@kith.example")];
    let mut last = StatusCode::OK;
    for n in 0..6 {
        last = site.browser().at(&format!("198.51.100.{n}")).post("/forgot-password", &to).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(site.browser().post("/sign-in/code/send", &to).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(mine.clone().post("/forgot-password", &to).await.status, StatusCode::OK);
    mine.post("/sign-in/code/send", &to).await;
    let code = site.code_to("alan@kith.example").await;
    assert_eq!(mine.post("/sign-in/code", &[("code", &code)]).await.location(), "/");
    // And who is signed in can always prove it.
    site.sql("update sessions set elevated_until = now()").await;
    assert_eq!(mine.post("/elevate/send", &[]).await.status, StatusCode::SEE_OTHER);
    // The browser's own count ends too.
    let answers = [mine.clone(), mine.clone(), mine.clone(), mine.clone()];
    for mut browser in answers {
        last = browser.post("/forgot-password", &to).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test]
async fn the_codes_of_who_is_signed_in_have_a_count_of_their_own(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut alan, mut barbara) = (site.signed_in("alan").await, site.signed_in("barbara").await);
    for n in 0..6 {
        let sent = alan.post("/elevate/send", &[]).await.status;
        assert_eq!(sent == StatusCode::TOO_MANY_REQUESTS, n == 5, "{n}: {sent}");
    }
    // It is one count, whatever the codes are for; and it is nobody else's.
    let wished = [("email", "turing@kith.example")];
    assert_eq!(alan.post("/settings/account/email", &wished).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(barbara.post("/elevate/send", &[]).await.status, StatusCode::SEE_OTHER);
    let to = [("email", "alan@kith.example")];
    assert_eq!(site.browser().post("/forgot-password", &to).await.status, StatusCode::OK);
    site.sql("update limits set window_ends_at = window_ends_at - interval '1 hour'").await;
    assert_eq!(alan.post("/elevate/send", &[]).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn a_bad_neighbour_does_not_keep_a_known_browser_out(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut mine = site.signed_in("alan").await;
    mine.post("/sign-out", &[]).await;
    for n in 0..31 {
        site.browser().try_sign_in(&format!("nobody{n}"), "a wrong guess").await;
    }
    assert_eq!(site.browser().try_sign_in("ada", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    mine.sign_in("alan").await;
}

#[sqlx::test]
async fn who_is_over_a_limit_writes_nothing_more(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let policy = limits::SIGN_IN_IDENTIFIER;
    for n in 0..policy.most + 1 {
        assert_eq!(limits::take(&site.server, policy, "alan").await.is_ok(), n < policy.most, "{n}");
    }
    let row = "select xmin::text || count || window_ends_at from limits";
    let before: String = sqlx::query_scalar(row).fetch_one(&pool).await.unwrap();
    for _ in 0..5 {
        assert!(limits::take(&site.server, policy, "alan").await.is_err());
    }
    assert_eq!(sqlx::query_scalar::<_, String>(row).fetch_one(&pool).await.unwrap(), before);
    site.sql("update limits set window_ends_at = now() - interval '1 second'").await;
    assert!(limits::take(&site.server, policy, "alan").await.is_ok(), "a new window begins");
    assert_eq!(site.count("select count::bigint from limits").await, 1);
}

#[sqlx::test]
async fn of_a_hundred_at_once_no_more_than_allowed_get_through(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for round in 0..10 {
        let tries = (0..100).map(|_| {
            let server = site.server.clone();
            tokio::spawn(async move { limits::take(&server, limits::MAIL_ADDRESS, round).await.is_ok() })
        });
        let mut through = 0;
        for one in tries.collect::<Vec<_>>() {
            through += i32::from(one.await.unwrap());
        }
        assert_eq!(through, limits::MAIL_ADDRESS.most);
    }
}
