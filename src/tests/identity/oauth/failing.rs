//! GitHub is down, slow, or answers nonsense. A user who signs in with it sees a message; no other user notices.

use std::time::{Duration, Instant};

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::{Endpoint, INSIDE, Mode, cast};

use super::{
    World,
    world::{assert_said, come_back, way_out},
};

const DOWN: &str = "GitHub doesn’t answer properly right now";
const WAIT: &str = "GitHub asks us to wait";
const SETTINGS: &str = "GitHub doesn’t take this site";
const GONE: &str = "That way to GitHub has ended";

/// Signs in while `endpoint` answers in `mode`, and asserts one sentence, no row, in good time.
async fn assert_fails(world: &World, (endpoint, mode): (Endpoint, Mode), (status, words): (StatusCode, &str)) {
    let what = format!("{endpoint:?} {mode:?}");
    world.site.reset_limits().await;
    world.github.next_answer(endpoint, mode);
    let rows = world.rows().await;
    let mut browser = world.browser();
    let since = Instant::now();
    let answer = world.come_in(&mut browser, cast::MONA).await;
    assert!(since.elapsed() < Duration::from_secs(7), "{what}: {:?}", since.elapsed());
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    assert_said(&answer, status, words);
    assert_eq!(answer.header("retry-after").is_empty(), status != StatusCode::SERVICE_UNAVAILABLE, "{what}");
    assert_eq!(world.rows().await, rows, "{what}");
    assert_eq!(browser.who().await, None, "{what}");
    world.github.recover();
}

fn every_nonsense() -> Vec<Mode> {
    vec![
        Mode::Down,
        Mode::ServerError,
        Mode::BadGateway,
        Mode::Html,
        Mode::TruncatedJson,
        Mode::CutOff,
        Mode::Huge,
        Mode::Redirect(INSIDE.to_owned()),
        Mode::WrongContentType,
        Mode::BadCredentials,
        Mode::Json(serde_json::json!({})),
        Mode::Json(serde_json::json!([])),
        Mode::Json(serde_json::json!({"id": "1001", "login": ["mona"]})),
        Mode::Json(serde_json::json!({"access_token": 7, "token_type": "bearer"})),
    ]
}

// F07.
#[sqlx::test]
async fn invalid_github_answers_fail_the_sign_in_and_store_nothing(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    for endpoint in [Endpoint::Token, Endpoint::User, Endpoint::Emails] {
        for mode in every_nonsense() {
            // An empty list is the answer for a user without addresses.
            if endpoint == Endpoint::Emails && mode == Mode::Json(serde_json::json!([])) {
                continue;
            }
            assert_fails(&world, (endpoint, mode), (StatusCode::SERVICE_UNAVAILABLE, DOWN)).await;
        }
    }
    // A wrong clock at GitHub is no reason to refuse the sign-in.
    world.github.next_answer(Endpoint::User, Mode::ClockSkew(-400));
    assert_eq!(world.come_in(&mut world.browser(), cast::MONA).await.location(), "/sign-up/provider");
}

// F06.
#[sqlx::test]
async fn a_silent_or_slow_github_fails_within_seconds(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let expected = (StatusCode::SERVICE_UNAVAILABLE, DOWN);
    for (endpoint, mode) in [(Endpoint::Token, Mode::BlackHole), (Endpoint::User, Mode::SlowDrip)] {
        assert_fails(&world, (endpoint, mode), expected).await;
    }
}

// F07.
#[sqlx::test]
async fn a_github_rate_limit_pauses_requests_for_all_users(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let expected = (StatusCode::SERVICE_UNAVAILABLE, WAIT);
    assert_fails(&world, (Endpoint::Token, Mode::SecondaryLimit { status: 429, retry_after: 60 }), expected).await;
    // The answer is about this site, for every user: for that minute GitHub is not asked again.
    world.github.forget_requests();
    let answer = world.come_in(&mut world.browser(), cast::TOVE).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, WAIT);
    assert_eq!(world.github.asked(Endpoint::Token), 0);
}

// F07.
#[sqlx::test]
async fn a_github_limit_for_one_user_does_not_affect_others(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    for (endpoint, mode) in [
        (Endpoint::User, Mode::PrimaryLimit),
        (Endpoint::User, Mode::SecondaryLimit { status: 403, retry_after: 60 }),
        (Endpoint::Emails, Mode::SecondaryLimit { status: 429, retry_after: 60 }),
    ] {
        assert_fails(&world, (endpoint, mode), (StatusCode::SERVICE_UNAVAILABLE, WAIT)).await;
        let answer = world.come_in(&mut world.browser(), cast::TOVE).await;
        assert_eq!(answer.location(), "/sign-up/provider", "{endpoint:?}: {}", answer.body);
    }
}

#[sqlx::test]
async fn forged_callbacks_do_not_use_up_the_sign_in_limit(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    for n in 0..70 {
        // As another site could make the browsers of its visitors do.
        let answer =
            come_back(&mut world.browser(), &format!("https://kith.example/auth/github/callback?code=x&state=y{n}"))
                .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{n}");
    }
    assert_eq!(world.come_in(&mut world.browser(), cast::MONA).await.location(), "/sign-up/provider");
}

#[sqlx::test]
async fn signed_in_users_have_their_own_oauth_limit(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    for _ in 0..61 {
        world.browser().post("/auth/github", &[]).await;
    }
    assert_eq!(world.browser().post("/auth/github", &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(world.link(&mut alan, cast::MONA).await.location(), "/settings/connections");
    // A member has a count of their own, and it is limited.
    let mut last = StatusCode::OK;
    for _ in 0..30 {
        last = alan.post("/settings/connections/github/refresh", &[]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let mut barbara = world.site.signed_in("barbara").await;
    way_out(&barbara.post("/settings/connections/github/link", &[]).await);
}

// F08.
#[sqlx::test]
async fn errors_in_a_200_token_answer_fail_the_sign_in(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    for (error, expected) in [
        ("bad_verification_code", (StatusCode::BAD_REQUEST, GONE)),
        ("unverified_user_email", (StatusCode::FORBIDDEN, "verify your e-mail address there first")),
        ("incorrect_client_credentials", (StatusCode::SERVICE_UNAVAILABLE, SETTINGS)),
        ("redirect_uri_mismatch", (StatusCode::SERVICE_UNAVAILABLE, SETTINGS)),
        ("slow_down", (StatusCode::SERVICE_UNAVAILABLE, WAIT)),
        ("something_new", (StatusCode::SERVICE_UNAVAILABLE, DOWN)),
    ] {
        assert_fails(&world, (Endpoint::Token, Mode::Error(error.to_owned())), expected).await;
    }
    let answer = world.come_in(&mut world.browser(), cast::UMA).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "verify your e-mail address there first");
}

// F08.
#[sqlx::test]
async fn withheld_scopes_do_not_fail_the_sign_in(pool: PgPool) {
    let world = World::new(&pool).await;
    for scope in ["", "read:user", "user:email"] {
        world.github.next_answer(Endpoint::Token, Mode::Scope(scope.to_owned()));
        let answer = world.come_in(&mut world.browser(), cast::MONA).await;
        assert_eq!(answer.location(), "/sign-up/provider", "{scope}: {}", answer.body);
    }
}

#[sqlx::test]
async fn a_rejected_or_suspended_github_app_is_reported(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    world.github.app(|app| app.client_secret = "another".to_owned());
    let answer = world.come_in(&mut world.browser(), cast::MONA).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, SETTINGS);
    world.github.app(|app| app.suspended = true);
    let answer = world.come_in(&mut world.browser(), cast::MONA).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, SETTINGS);
}

// F06.
#[sqlx::test]
async fn an_unreachable_github_affects_only_requests_that_need_it(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    world.link(&mut alan, cast::MONA).await;
    let mut browser = world.browser();
    let url = world.set_out(&mut browser).await;
    let back = world.github.approve(&url, cast::MONA);
    world.github.forget_requests();
    walk(&world, &mut alan).await;
    assert_eq!(world.github.requests(), [], "no page asks GitHub anything");

    let World { site, github } = world;
    drop(github);
    let gone = World { site, github: stand_in_github::StandIn::start().await };
    walk(&gone, &mut alan).await;
    assert_eq!(gone.site.browser().try_sign_in("alan", crate::tests::PASSWORD).await.status, StatusCode::SEE_OTHER);
    // The button leads there, and the page there says so itself.
    way_out(&gone.browser().post("/auth/github", &[]).await);
    let answer = come_back(&mut browser, &back).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
    // Connections can be listed and removed without the provider.
    assert_eq!(alan.post("/settings/connections/github/unlink", &[]).await.location(), "/settings/connections");
}

async fn walk(world: &World, alan: &mut crate::tests::Browser) {
    for page in [
        "/",
        "/following",
        "/@alan",
        "/sign-in",
        "/sign-up",
        "/elevate",
        "/settings/devices",
        "/settings/account",
        "/settings/security",
        "/settings/connections",
        "/settings/activity",
    ] {
        let since = Instant::now();
        assert_eq!(alan.get(page).await.status, StatusCode::OK, "{page}");
        assert!(since.elapsed() < Duration::from_secs(1), "{page}");
    }
    assert_eq!(alan.post("/posts", &[("body", "hello")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.browser().get("/").await.status, StatusCode::OK);
}

#[sqlx::test]
async fn failed_links_and_elevations_show_an_error_on_their_page(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    world.github.next_answer(Endpoint::User, Mode::ServerError);
    let answer = world.link(&mut alan, cast::MONA).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
    assert!(answer.body.contains("Not connected"), "back in the settings");
    let mut mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    world.github.next_answer(Endpoint::User, Mode::ServerError);
    let answer = world.round(&mut mona, "/elevate/with/github", cast::MONA).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
    assert!(answer.body.contains("Send me a code by mail"), "with the other way beside it");
    assert_eq!(mona.who().await.as_deref(), Some("mona"));
}

#[sqlx::test]
async fn limits_authorization_requests_per_network_address(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut browser = world.browser();
    let mut last = StatusCode::OK;
    for _ in 0..61 {
        last = browser.post("/auth/github", &[]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    way_out(&world.browser().at("198.51.100.9").post("/auth/github", &[]).await);
}
