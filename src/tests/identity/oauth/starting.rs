//! Every authorization request starts on a page of our own: no form of ours leads anywhere else. And the callback works
//! once.

use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use stand_in_github::cast;

use super::{
    World,
    oidc::{Many, rosa},
    world::{assert_said, come_back, way_out},
};

#[sqlx::test]
async fn every_authorization_request_starts_from_our_own_page(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    world.link(&mut alan, cast::MONA).await;
    let mut tove = world.join(cast::TOVE, "tove", "tove@example.org").await;
    let mut new = world.browser();
    world.come_in(&mut new, cast::ADA).await;
    for (form, browser) in [
        ("/auth/github", &mut world.browser()),
        ("/auth/github", &mut alan.clone()),
        ("/elevate/with/github", &mut tove),
        ("/sign-up/provider/with/github", &mut new),
        ("/settings/connections/github/link", &mut world.site.signed_in("barbara").await),
        ("/settings/connections/github/refresh", &mut alan),
    ] {
        let answer = browser.post(form, &[]).await;
        assert!(way_out(&answer).starts_with(&world.github.url), "{form}");
        assert!(answer.location().is_empty() && answer.body.contains("Continue to GitHub"), "{form}");
        assert_eq!(answer.header("cache-control"), "no-store", "{form}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("form-action 'self';") && !policy.contains(&world.github.url), "{form}: {policy}");
    }
}

#[sqlx::test]
async fn no_page_allows_forms_to_submit_to_other_sites(pool: PgPool) {
    let many = Many::new(&pool).await;
    for page in ["/", "/sign-in", "/sign-up", "/nothing-here"] {
        let answer = many.site.browser().get(page).await;
        let policy = answer.header("content-security-policy").to_owned();
        assert!(policy.contains("form-action 'self';") && !policy.contains("127.0.0.1"), "{page}: {policy}");
    }
}

#[sqlx::test]
async fn the_authorization_endpoint_may_be_at_any_https_host(pool: PgPool) {
    for (page, fine) in [
        ("https://login.elsewhere.example/authorize?tenant=7", true),
        ("http://login.elsewhere.example/authorize", false),
        ("javascript:alert(1)//", false),
        ("data:text/html,x", false),
        ("/authorize", false),
    ] {
        let many = Many::new(&pool).await;
        many.acme.describe(StatusCode::OK, json!({ "authorization_endpoint": page }));
        let answer = many.site.browser().post("/auth/acme", &[]).await;
        if fine {
            assert!(way_out(&answer).starts_with(page), "{page}")
        } else {
            assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, super::oidc::DOWN);
            assert!(answer.header("refresh").is_empty() && !answer.body.contains(page), "{page}");
        }
    }
}

#[sqlx::test]
async fn a_used_callback_redirects_home_while_signed_in(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    world.join(cast::MONA, "mona", "mona@example.org").await;
    let mut browser = world.browser();
    let url = world.set_out(&mut browser).await;
    let back = world.github.approve(&url, cast::MONA);
    assert_eq!(come_back(&mut browser, &back).await.location(), "/");
    let (rows, session) = (world.rows().await, browser.session().cloned());
    for cookie in ["kept", "gone"] {
        if cookie == "gone" {
            browser.cookies.remove("__Host-oauth");
        }
        for url in [back.clone(), back.replace("code=", "error=access_denied&code=")] {
            let answer = come_back(&mut browser, &url).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{cookie}: {}", answer.body);
        }
    }
    assert_eq!((world.rows().await, browser.session().cloned()), (rows, session));
    // A callback that another browser has not used yet does not belong to this one.
    let mut other = world.browser();
    let url = world.set_out(&mut other).await;
    let answer = come_back(&mut browser, &world.github.approve(&url, cast::MONA)).await;
    assert_said(&answer, StatusCode::BAD_REQUEST, "That way to GitHub has ended");
}

#[sqlx::test]
async fn reloading_the_callback_of_a_refresh_redirects_home(pool: PgPool) {
    let many = Many::new(&pool).await;
    let mut rosa_here = many.join(rosa(), "rosa", "rosa@acme.example").await;
    let way = many.set_out(&mut rosa_here, "/settings/connections/acme/refresh").await;
    let back = many.acme.approve(&way, rosa());
    assert_eq!(come_back(&mut rosa_here, &back).await.location(), "/settings/connections");
    assert_eq!(come_back(&mut rosa_here, &back).await.location(), "/");
}

#[sqlx::test]
async fn password_managers_find_the_page_for_changing_a_password(pool: PgPool) {
    let site = crate::tests::Site::with_cast(&pool).await;
    let answer = site.browser().get("/.well-known/change-password").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/settings/security"));
    let mut alan = site.signed_in("alan").await;
    assert_eq!(alan.get("/.well-known/change-password").await.location(), "/settings/security");
    let missing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(site.browser().get(missing).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn an_unconfigured_provider_has_no_button_and_no_routes(pool: PgPool) {
    let site = crate::tests::Site::with_cast(&pool).await;
    for page in ["/sign-in", "/sign-up"] {
        assert!(!site.browser().get(page).await.body.contains("Continue with"), "{page}");
    }
    let mut alan = site.signed_in("alan").await;
    assert!(!alan.get("/settings/devices").await.body.contains("/settings/connections"));
    assert_eq!(alan.get("/settings/connections").await.status, StatusCode::OK);
    for path in ["/auth/github", "/settings/connections/github/link", "/elevate/with/github"] {
        assert_eq!(alan.post(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(alan.get("/auth/github/callback?code=x&state=y").await.status, StatusCode::NOT_FOUND);
}
