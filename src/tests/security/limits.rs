//! Limits: strangers can use up a shared count, never a count of a user's own.

use http::StatusCode;
use server::limits;
use sqlx::PgPool;

use crate::tests::{PASSWORD, Site};

#[sqlx::test]
async fn known_browsers_receive_mail_despite_requests_from_other_clients(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut mine = site.signed_in("alan").await;
    mine.post("/sign-out", &[]).await;
    let to = [("email", "alan@kith.example")];
    let mut last = StatusCode::OK;
    for n in 0..6 {
        last = site.browser().at(&format!("198.51.100.{n}")).post("/forgot-password", &to).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let mut neighbour = site.browser().at("198.51.100.99");
    assert_eq!(neighbour.post("/sign-in/code/send", &to).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(mine.clone().post("/forgot-password", &to).await.status, StatusCode::OK);
    mine.post("/sign-in/code/send", &to).await;
    let code = site.code_to("alan@kith.example").await;
    assert_eq!(mine.post("/sign-in/code", &[("code", &code)]).await.location(), "/");
    // A signed-in user can always elevate.
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
async fn signed_in_users_have_their_own_code_limit(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut alan, mut barbara) = (site.signed_in("alan").await, site.signed_in("barbara").await);
    for n in 0..6 {
        let sent = alan.post("/elevate/send", &[]).await.status;
        assert_eq!(sent == StatusCode::TOO_MANY_REQUESTS, n == 5, "{n}: {sent}");
    }
    // It is one count for all kinds of codes, and no other user shares it.
    let wished = [("email", "turing@kith.example")];
    assert_eq!(alan.post("/settings/account/email", &wished).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(barbara.post("/elevate/send", &[]).await.status, StatusCode::SEE_OTHER);
    let to = [("email", "alan@kith.example")];
    assert_eq!(site.browser().post("/forgot-password", &to).await.status, StatusCode::OK);
    site.sql("update limits set window_ends_at = window_ends_at - interval '1 hour'").await;
    assert_eq!(alan.post("/elevate/send", &[]).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn known_browsers_sign_in_despite_failures_from_the_same_address(pool: PgPool) {
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
async fn exceeded_limits_cause_no_further_writes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let policy = limits::SIGN_IN_IDENTIFIER;
    for n in 0..policy.most + 1 {
        assert_eq!(limits::take(site.server.db(), policy, "alan").await.is_ok(), n < policy.most, "{n}");
    }
    let row = "select xmin::text || count || window_ends_at from limits";
    let before: String = sqlx::query_scalar(row).fetch_one(&pool).await.unwrap();
    for _ in 0..5 {
        assert!(limits::take(site.server.db(), policy, "alan").await.is_err());
    }
    assert_eq!(sqlx::query_scalar::<_, String>(row).fetch_one(&pool).await.unwrap(), before);
    site.sql("update limits set window_ends_at = now() - interval '1 second'").await;
    assert!(limits::take(site.server.db(), policy, "alan").await.is_ok(), "a new window begins");
    assert_eq!(site.count("select count::bigint from limits").await, 1);
}

#[sqlx::test]
async fn concurrent_requests_cannot_exceed_a_limit(pool: PgPool) {
    for round in 0..10 {
        let tries = (0..100).map(|_| {
            let db = pool.clone();
            tokio::spawn(async move { limits::take(&db, limits::MAIL_ADDRESS, round).await.is_ok() })
        });
        let mut through = 0;
        for one in tries.collect::<Vec<_>>() {
            through += i32::from(one.await.unwrap());
        }
        assert_eq!(through, limits::MAIL_ADDRESS.most);
    }
}

#[sqlx::test]
async fn known_browsers_receive_mail_despite_requests_from_the_same_address(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut mine = site.signed_in("alan").await;
    mine.post("/sign-out", &[]).await;
    for n in 0..limits::ASK_CLIENT.most {
        let email = format!("nobody{n}@kith.example");
        assert_eq!(site.browser().post("/forgot-password", &[("email", &email)]).await.status, StatusCode::OK);
    }
    // Strangers wait, whether or not the address has an account; and so does a known browser of another account.
    let mut barbaras = site.signed_in("barbara").await;
    barbaras.post("/sign-out", &[]).await;
    for browser in [site.browser(), barbaras] {
        for email in ["alan@kith.example", "nobody@kith.example"] {
            for path in ["/forgot-password", "/sign-in/code/send"] {
                let status = browser.clone().post(path, &[("email", email)]).await.status;
                assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{path} {email}");
            }
        }
    }
    let to = [("email", "alan@kith.example")];
    assert_eq!(mine.clone().post("/forgot-password", &to).await.status, StatusCode::OK);
    assert_eq!(mine.post("/sign-in/code/send", &to).await.location(), "/sign-in/code");
}

#[sqlx::test]
async fn code_attempts_without_a_pending_code_do_not_block_others(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/settings/account/email", &[("email", "turing@kith.example")]).await;
    let change = site.code_to("turing@kith.example").await;
    let (mut joining, mut coming) = (site.browser(), site.browser());
    let fields = [("email", "new@kith.example"), ("username", "newcomer"), ("password", "seven green umbrellas sing")];
    joining.post("/sign-up", &fields).await;
    let join = site.code_to("new@kith.example").await;
    coming.post("/sign-in/code/send", &[("email", "ada@kith.example")]).await;
    let come = site.code_to("ada@kith.example").await;
    // A stranger types codes without having requested one.
    for path in ["/sign-in/code", "/sign-up/verify"] {
        for _ in 0..limits::CODE_CLIENT.most / 2 {
            assert_eq!(site.browser().post(path, &[("code", "123456")]).await.status, StatusCode::SEE_OTHER, "{path}");
        }
    }
    for path in ["/sign-in/code", "/sign-up/verify"] {
        let last = site.browser().post(path, &[("code", "123456")]).await;
        assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    let changed = alan.post("/settings/account/email/verify", &[("code", &change)]).await;
    assert_eq!(changed.flash(), "email-changed", "{}", changed.body);
    assert_eq!(joining.post("/sign-up/verify", &[("code", &join)]).await.location(), "/");
    assert_eq!(coming.post("/sign-in/code", &[("code", &come)]).await.location(), "/");
    // A signed-in user has a count of their own, also in a browser with no pending code.
    let mut barbara = site.signed_in("barbara").await;
    let none = barbara.post("/elevate/code", &[("code", "123456")]).await;
    assert_eq!(none.status, StatusCode::SEE_OTHER, "{}", none.body);
}

#[sqlx::test]
async fn exhausted_codes_still_count_further_attempts(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (send, typed, email) in [
        ("/sign-in/code/send", "/sign-in/code", "ada@kith.example"),
        ("/sign-up", "/sign-up/verify", "new@kith.example"),
    ] {
        site.reset_limits().await;
        let mut browser = site.browser();
        let fields = [("email", email), ("username", "newcomer"), ("password", "seven green umbrellas sing")];
        browser.post(send, if send == "/sign-up" { &fields } else { &fields[..1] }).await;
        let code = site.code_to(email).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for n in 0..limits::CODE_CLIENT.most + 6 {
            let status = browser.post(typed, &[("code", wrong)]).await.status;
            let over = n >= limits::CODE_CLIENT.most + 5;
            assert_eq!(status == StatusCode::TOO_MANY_REQUESTS, over, "{typed} {n}: {status}");
        }
    }
}

#[sqlx::test]
async fn a_stolen_session_cannot_block_the_owners_elevation(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut owner, mut stolen) = (site.signed_in("alan").await, site.signed_in("alan").await);
    site.unelevate().await;
    for n in 0..11 {
        let tried = stolen.post("/elevate", &[("current_password", "a wrong guess")]).await.status;
        assert_eq!(tried == StatusCode::TOO_MANY_REQUESTS, n == 10, "{n}: {tried}");
    }
    for n in 0..6 {
        let sent = stolen.post("/elevate/send", &[]).await.status;
        assert_eq!(sent == StatusCode::TOO_MANY_REQUESTS, n == 5, "{n}: {sent}");
    }
    assert_eq!(owner.post("/elevate", &[("current_password", PASSWORD)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(owner.post("/elevate/send", &[]).await.status, StatusCode::SEE_OTHER);
    let wished = [("email", "turing@kith.example")];
    assert_eq!(owner.post("/settings/account/email", &wished).await.location(), "/settings/account/email/verify");
}

#[sqlx::test]
async fn elevation_attempts_are_limited_across_all_sessions(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut tried, mut last) = (0, StatusCode::OK);
    'all: for n in 0..10 {
        let mut stolen = site.browser().at(&format!("198.51.100.{n}"));
        stolen.sign_in("alan").await;
        for _ in 0..10 {
            last = stolen.post("/elevate", &[("current_password", "a wrong guess")]).await.status;
            if last == StatusCode::TOO_MANY_REQUESTS {
                break 'all;
            }
            tried += 1;
        }
    }
    assert_eq!((tried, last), (limits::ELEVATE_USER.most, StatusCode::TOO_MANY_REQUESTS));
}
