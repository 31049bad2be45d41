//! A verified address belongs to a user: they verify that account once, or nothing is linked.

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::cast;

use super::{World, world::choose};
use crate::tests::{Browser, PASSWORD};

/// GitHub says that the user is ada@kith.example, who has an account.
async fn arrive_as_ada(world: &World) -> Browser {
    let mut browser = world.browser();
    assert_eq!(world.come_in(&mut browser, cast::ADA).await.location(), "/sign-up/provider");
    let page = browser.get("/sign-up/provider").await.body;
    assert!(page.contains("You already have an account") && page.contains("ada@kith.example"), "{page}");
    assert_eq!((browser.who().await, world.owner(cast::ADA).await), (None, None));
    browser
}

async fn assert_linked(world: &World, browser: &mut Browser) {
    assert_eq!(browser.who().await.as_deref(), Some("ada"));
    assert_eq!(world.owner(cast::ADA).await.as_deref(), Some("ada"));
    assert_eq!(world.events("identity_linked").await, 1);
    let mail = world
        .site
        .count("select count(*) from jobs where payload->>'to' = 'ada@kith.example' and payload::text like '%GitHub%'");
    assert!(mail.await >= 1, "ada is told");
    let mut again = world.browser();
    world.come_in(&mut again, cast::ADA).await;
    assert_eq!(again.who().await.as_deref(), Some("ada"));
}

#[sqlx::test]
async fn only_the_correct_password_links_the_identity(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut browser = arrive_as_ada(&world).await;
    let wrong = browser.post("/sign-up/provider/password", &[("password", "not the password of ada")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("You already have an account"), "{}", wrong.body);
    assert_eq!((browser.who().await, world.owner(cast::ADA).await), (None, None));
    let right = browser.post("/sign-up/provider/password", &[("password", PASSWORD)]).await;
    assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, "/"), "{}", right.body);
    assert_linked(&world, &mut browser).await;
    assert_eq!(world.site.count("select count(*) from pending_oauth_sign_ups").await, 0);
}

#[sqlx::test]
async fn an_email_code_links_the_identity_only_in_its_browser(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut browser = arrive_as_ada(&world).await;
    let sent = browser.post("/sign-up/provider/send", &[("email", "ada@kith.example")]).await;
    assert_eq!(sent.location(), "/sign-up/provider/code");
    assert!(browser.get("/sign-up/provider/code").await.body.contains("ada@kith.example"));
    let code = world.site.code_to("ada@kith.example").await;
    let mut thief = arrive_as_ada(&world).await;
    let stolen = thief.post("/sign-up/provider/code", &[("code", &code)]).await;
    assert_eq!(stolen.location(), "/sign-up/provider", "a code is of use only where it was asked for");
    assert_eq!(thief.who().await, None);
    let right = browser.post("/sign-up/provider/code", &[("code", &code)]).await;
    assert_eq!(right.location(), "/", "{}", right.body);
    assert_linked(&world, &mut browser).await;
    // The other one is still pending, but too late now.
    let late = thief.post("/sign-up/provider/password", &[("password", PASSWORD)]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.site.count("select count(*) from identities").await, 1);
}

#[sqlx::test]
async fn wrong_passwords_at_sign_up_count_toward_the_account_limit(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut browser = arrive_as_ada(&world).await;
    let mut last = StatusCode::OK;
    for _ in 0..11 {
        last = browser.post("/sign-up/provider/password", &[("password", "not the password of ada")]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let mut stranger = world.browser().at("203.0.113.9");
    assert_eq!(stranger.try_sign_in("ada@kith.example", "x").await.status, StatusCode::TOO_MANY_REQUESTS);
}

// H01e.
#[sqlx::test]
async fn an_unverified_address_gives_no_access_to_its_account(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut mallory = world.browser();
    world.come_in(&mut mallory, cast::MALLORY).await;
    let page = mallory.get("/sign-up/provider").await.body;
    assert!(page.contains("told us none that it has verified") && !page.contains("grace@"), "{page}");
    let answer = mallory.clone().post("/sign-up/provider/password", &[("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/sign-in", "there is no account to prove");
    assert_eq!(choose(&mut mallory, "mallory", "grace@kith.example").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Typing it mails its owner, and only the code from that mail has an effect.
    mallory.post("/sign-up/provider/send", &[("email", "grace@kith.example")]).await;
    for guess in ["000000", "123456", "999999"] {
        mallory.post("/sign-up/provider/code", &[("code", guess)]).await;
    }
    assert_eq!((mallory.who().await, world.owner(cast::MALLORY).await), (None, None));
}

// H01c.
#[sqlx::test]
async fn an_identity_cannot_be_linked_to_a_pending_sign_up(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    // A pending sign-up is no account: there is no user to link to.
    let mut attacker = world.browser();
    let wish = [
        ("email", "victim@kith.example"),
        ("username", "victim"),
        ("display_name", ""),
        ("password", "seven green umbrellas sing"),
    ];
    attacker.post("/sign-up", &wish).await;
    let answer = attacker.post("/settings/connections/github/link", &[]).await;
    assert!(answer.location().starts_with("/sign-in"), "{}", answer.location());
    // An OAuth sign-in with GitHub beside it links nothing to it either.
    world.come_in(&mut attacker, cast::MONA).await;
    let code = world.site.code_to("victim@kith.example").await;
    let mut victim = attacker.clone();
    victim.cookies.remove("__Host-oauth");
    assert_eq!(victim.post("/sign-up/verify", &[("code", &code)]).await.location(), "/");
    assert_eq!(world.site.count("select count(*) from identities").await, 0);
}

// H01c.
#[sqlx::test]
async fn undoing_an_email_change_also_unlinks_the_intruders_identity(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    // An intruder at alan's open browser: links their own GitHub, then changes the address.
    let mut attacker = world.site.signed_in("alan").await;
    assert_eq!(world.link(&mut attacker, cast::MONA).await.location(), "/settings/connections");
    attacker.post("/settings/account/email", &[("email", "evil@evil.example")]).await;
    let code = world.site.code_to("evil@evil.example").await;
    attacker.post("/settings/account/email/verify", &[("code", &code)]).await;
    let token = crate::tests::identity::recovery::link_to(&world.site, "alan@kith.example", "/undo-email").await;
    let mut alan = world.browser();
    alan.get(&format!("/undo-email?token={token}")).await;
    assert_eq!(alan.post("/undo-email", &[]).await.location(), "/forgot-password");
    assert_eq!(world.owner(cast::MONA).await, None);
    let mut again = world.browser();
    assert_eq!(world.come_in(&mut again, cast::MONA).await.location(), "/sign-up/provider");
}

#[sqlx::test]
async fn a_second_verified_address_allows_a_separate_account(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    world.github.change(cast::ADA, |ada| ada.emails.push(stand_in_github::Email::verified("ada@home.example")));
    let mut browser = arrive_as_ada(&world).await;
    let page = browser.get("/sign-up/provider?restarted=true").await.body;
    assert!(page.contains("ada@home.example") && !page.contains("ada@kith.example"), "{page}");
    assert_eq!(choose(&mut browser, "ada_at_home", "ada@home.example").await.location(), "/");
    assert_eq!(world.owner(cast::ADA).await.as_deref(), Some("ada_at_home"));
}

#[sqlx::test]
async fn a_suspended_account_cannot_be_opened_by_password_or_code(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let ada = server::accounts::find(&world.site.server, "ada").await.unwrap();
    server::accounts::suspend(&world.site.server, ada, "Spam", None).await.unwrap();
    let mut browser = arrive_as_ada(&world).await;
    let answer = browser.post("/sign-up/provider/password", &[("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Spam"), "{}", answer.body);
    browser.post("/sign-up/provider/send", &[("email", "ada@kith.example")]).await;
    let code = world.site.code_to("ada@kith.example").await;
    let answer = browser.post("/sign-up/provider/code", &[("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.location());
    assert_eq!((browser.who().await, world.owner(cast::ADA).await), (None, None));
}

#[sqlx::test]
async fn refuses_to_link_a_second_identity_of_the_same_provider(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut ada = world.site.signed_in("ada").await;
    assert_eq!(world.link(&mut ada, cast::MONA).await.location(), "/settings/connections");
    let sessions = "select count(*) from sessions where user_id is not null";
    let mut browser = arrive_as_ada(&world).await;
    let password = browser.post("/sign-up/provider/password", &[("password", PASSWORD)]).await;
    browser.post("/sign-up/provider/send", &[("email", "ada@kith.example")]).await;
    let code = world.site.code_to("ada@kith.example").await;
    let code = browser.post("/sign-up/provider/code", &[("code", &code)]).await;
    for (way, answer) in [("password", password), ("code", code)] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{way}: {}", answer.body);
        assert!(answer.body.contains("Another GitHub account is connected"), "{way}: {}", answer.body);
    }
    assert_eq!((browser.who().await, world.owner(cast::ADA).await), (None, None));
    assert_eq!(world.owner(cast::MONA).await.as_deref(), Some("ada"));
    assert_eq!((world.site.count(sessions).await, world.events("identity_linked").await), (1, 1));
    assert_eq!(ada.who().await.as_deref(), Some("ada"));
}
