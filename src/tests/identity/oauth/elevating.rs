//! A provider says who a user is, often without asking them: it elevates no user who has a password.

use http::StatusCode;
use server::limits;
use sqlx::PgPool;
use stand_in_github::cast;

use super::{
    World,
    oidc::{Many, rosa},
    world::way_out,
};

const EXPORT: &str = "/settings/account/export";

#[sqlx::test]
async fn signing_in_by_a_provider_elevates_only_without_a_password(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    world.link(&mut alan, cast::MONA).await;
    for how in ["a new browser", "the same browser", "after signing out"] {
        let mut browser = if how == "a new browser" { world.browser() } else { alan.clone() };
        if how == "after signing out" {
            browser.sign_in("alan").await;
            browser.post("/sign-out", &[]).await;
        }
        assert_eq!(world.come_in(&mut browser, cast::MONA).await.location(), "/", "{how}");
        assert_eq!(browser.who().await.as_deref(), Some("alan"), "{how}");
        let asked = browser.post(EXPORT, &[]).await;
        assert!(asked.location().starts_with("/elevate?next="), "{how}: {}", asked.status);
        assert!(browser.get(asked.location()).await.body.contains("current_password"), "{how}");
        let proved = browser.post("/elevate", &[("current_password", crate::tests::PASSWORD), ("next", "/")]).await;
        assert_eq!(proved.location(), "/", "{how}: {}", proved.body);
        assert_eq!(browser.post(EXPORT, &[]).await.status, StatusCode::OK, "{how}");
    }
    // Without a password there is nothing else to ask for.
    let mut tove = world.join(cast::TOVE, "tove", "tove@example.org").await;
    assert_eq!(tove.post(EXPORT, &[]).await.status, StatusCode::OK);
    let mut again = world.browser();
    world.come_in(&mut again, cast::TOVE).await;
    assert_eq!(again.post(EXPORT, &[]).await.status, StatusCode::OK);
    // Once the account has a password, the page asks for it.
    tove.post("/settings/security/password", &[("new_password", "seven green umbrellas sing")]).await;
    let mut later = world.browser();
    world.come_in(&mut later, cast::TOVE).await;
    assert!(later.post(EXPORT, &[]).await.location().starts_with("/elevate"));
}

#[sqlx::test]
async fn an_issuer_does_not_elevate_users_with_a_password(pool: PgPool) {
    let many = Many::new(&pool).await;
    let mut first = many.join(rosa(), "rosa", "rosa@acme.example").await;
    first.post("/settings/security/password", &[("new_password", "seven green umbrellas sing")]).await;
    let mut browser = many.site.browser();
    assert_eq!(many.come_in(&mut browser, rosa()).await.location(), "/");
    for path in [EXPORT, "/settings/connections/acme/unlink", "/settings/security/password/remove"] {
        assert!(browser.post(path, &[]).await.location().starts_with("/elevate"), "{path}");
    }
}

#[sqlx::test]
async fn a_stolen_session_does_not_use_up_its_owners_elevations(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut owner = world.join(cast::MONA, "mona", "mona@example.org").await;
    let mut thief = world.browser();
    world.come_in(&mut thief, cast::MONA).await;
    for path in ["/elevate/with/github", "/settings/connections/github/refresh"] {
        let mut last = StatusCode::OK;
        for _ in 0..limits::OAUTH_DEVICE.most + 1 {
            last = thief.post(path, &[]).await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    way_out(&owner.post("/elevate/with/github", &[]).await);
    let answer = world.round(&mut owner, "/elevate/with/github", cast::MONA).await;
    assert_eq!(answer.location(), "/settings/devices", "{}", answer.body);
    // An elevated session has another cookie and the same count.
    for _ in 0..limits::OAUTH_DEVICE.most {
        owner.post("/elevate/with/github", &[]).await;
    }
    assert_eq!(owner.post("/elevate/with/github", &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
}
