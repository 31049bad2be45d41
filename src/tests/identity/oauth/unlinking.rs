//! Removing the connection of a provider that an intruder may control: the sessions that signed in with it end.

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::cast;

use super::{
    World,
    world::{ACME, assert_said, come_back},
};
use crate::tests::support::site::as_served;

const CONNECTIONS: &str = "/settings/connections";
const UNLINK: &str = "/settings/connections/github/unlink";
const STALE: &str = "update sessions set elevated_until = now() - interval '1 second'";

#[sqlx::test]
async fn unlinking_revokes_other_sessions_that_signed_in_with_the_identity(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let (mut alan, mut phone) = (world.site.signed_in("alan").await, world.site.signed_in("alan").await);
    world.link(&mut alan, cast::MONA).await;
    let mut thief = world.browser();
    world.come_in(&mut thief, cast::MONA).await;
    assert_eq!(thief.who().await.as_deref(), Some("alan"));
    // Another account's session by the same provider is not affected.
    let mut tove = world.join(cast::TOVE, "tove", "tove@example.org").await;
    let page = alan.get(CONNECTIONS).await.body;
    assert!(page.contains("signs out every other device that came in with it"), "{page}");
    let answer = alan.post(UNLINK, &[]).await;
    assert_eq!((answer.location(), answer.flash()), (CONNECTIONS, "disconnected"));
    assert!(alan.get(CONNECTIONS).await.body.contains("Other devices that signed in with it are signed out"));
    assert_eq!(thief.who().await, None);
    for browser in [&mut alan, &mut phone] {
        assert_eq!(browser.who().await.as_deref(), Some("alan"), "came in by the password");
    }
    assert_eq!(tove.who().await.as_deref(), Some("tove"));
    // And that browser is unknown again.
    world.site.sql("delete from jobs").await;
    thief.sign_in("alan").await;
    assert_eq!(world.site.count("select count(*) from jobs where kind = 'new_browser'").await, 1);
}

#[sqlx::test]
async fn unlinking_does_not_revoke_the_current_session(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    let mut other = world.browser();
    world.come_in(&mut other, cast::MONA).await;
    let refused = mona.post(UNLINK, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "the last way in");
    assert_eq!(other.who().await.as_deref(), Some("mona"), "nothing was changed");
    mona.post("/settings/security/password", &[("new_password", "seven green umbrellas sing")]).await;
    world.come_in(&mut other, cast::MONA).await;
    assert_eq!(mona.post(UNLINK, &[]).await.location(), CONNECTIONS);
    assert_eq!((mona.who().await.as_deref(), other.who().await), (Some("mona"), None));
}

#[sqlx::test]
async fn a_sign_in_during_unlinking_leaves_no_session(pool: PgPool) {
    let world = World::with_cast(&as_served(&pool, 12)).await;
    let mut alan = world.site.signed_in("alan").await;
    for round in 0..50 {
        world.site.sql("delete from limits; delete from jobs").await;
        assert_eq!(world.link(&mut alan, cast::MONA).await.location(), CONNECTIONS, "round {round}");
        let mut thief = world.browser();
        let url = world.set_out(&mut thief).await;
        let back = world.github.approve(&url, cast::MONA);
        let mut owner = alan.clone();
        let (came, ended) = tokio::join!(
            async {
                come_back(&mut thief, &back).await;
                thief
            },
            async {
                // Mostly between the question to GitHub and the sign-in.
                tokio::time::sleep(std::time::Duration::from_millis(round % 10)).await;
                owner.post(UNLINK, &[]).await
            }
        );
        thief = came;
        assert_eq!(ended.location(), CONNECTIONS, "round {round}: {}", ended.status);
        assert_eq!(thief.who().await, None, "round {round}");
        assert_eq!(world.site.count("select count(*) from sessions where sign_in_method = 'via github'").await, 0);
    }
}

#[sqlx::test]
async fn users_with_a_password_cannot_elevate_by_a_provider(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    world.link(&mut alan, cast::MONA).await;
    world.site.sql(STALE).await;
    let page = alan.get("/elevate").await.body;
    assert!(page.contains("current_password") && !page.contains("/elevate/with/"), "{page}");
    let answer = alan.post("/elevate/with/github", &[("next", "/settings/account")]).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "Your account has a password");
    assert_eq!(world.site.count("select count(*) from authorization_requests").await, 0);
    assert_eq!(world.events("elevated").await, 0);
}

#[sqlx::test]
async fn elevation_asks_for_a_password_set_during_the_authorization_request(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    let url = world.leave(&mut mona, "/elevate/with/github", &[("next", "/settings/account")]).await;
    let set = mona.post("/settings/security/password", &[("new_password", "seven green umbrellas sing")]).await;
    assert_eq!(set.flash(), "password-changed");
    world.site.sql(STALE).await;
    let before = mona.session().cloned();
    let answer = come_back(&mut mona, &world.github.approve(&url, cast::MONA)).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "Your account has a password");
    assert!(answer.body.contains("current_password"), "and it can be typed there");
    assert!(mona.post("/settings/account/export", &[]).await.location().starts_with("/elevate"));
    assert_eq!((mona.session().cloned(), world.events("elevated").await), (before, 0));
}

// H26.
#[sqlx::test]
async fn identities_of_unconfigured_providers_are_no_sign_in_methods(pool: PgPool) {
    let world = World::with(&pool, &ACME).await;
    let mut mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    let only_gone =
        [("acme", "https://moved.example"), ("gone", "https://acme.example"), ("github", "https://github.com")];
    for (provider, issuer) in only_gone {
        world.site.sql("delete from limits; delete from identities; insert into passwords (user_id, hash) select id, 'x' from users on conflict do nothing").await;
        world.site.sql(&format!("insert into identities (user_id, provider, issuer, subject) select id, '{provider}', '{issuer}', '1' from users")).await;
        let refused = mona.post("/settings/security/password/remove", &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{provider} {issuer}");
        assert!(refused.body.contains("only thing your account opens with"), "{}", refused.body);
        assert_eq!(world.site.count("select count(*) from passwords").await, 1);
        // It can be removed, also if it is all there is besides the password.
        let answer = mona.post(&format!("/settings/connections/{provider}/unlink"), &[]).await;
        assert_eq!(answer.flash(), "disconnected", "{provider}: {}", answer.body);
    }
    world.site.sql("insert into identities (user_id, provider, issuer, subject) select id, 'acme', 'https://acme.example', '1' from users").await;
    let removed = mona.post("/settings/security/password/remove", &[]).await;
    assert_eq!(removed.flash(), "password-removed", "{}", removed.body);
}
