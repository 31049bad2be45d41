//! Repeated OAuth sign-ins.

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::cast;

use super::{World, world::assert_said};

// F09.
#[sqlx::test]
async fn the_github_user_id_identifies_the_account_not_the_login(pool: PgPool) {
    let world = World::new(&pool).await;
    world.join(cast::ROBIN, "robin", "robin@field.example").await;
    world.github.change(cast::ROBIN, |robin| robin.login = "robin-of-the-fields".to_owned());
    let mut again = world.browser();
    assert_eq!(world.come_in(&mut again, cast::ROBIN).await.location(), "/");
    assert_eq!(again.who().await.as_deref(), Some("robin"));
    assert!(again.get("/settings/connections").await.body.contains("robin-of-the-fields"), "the new name is shown");

    // The user who took the freed name is another one.
    let mut other = world.browser();
    assert_eq!(world.come_in(&mut other, cast::ROBIN_TOO).await.location(), "/sign-up/provider");
    assert_eq!(other.who().await, None);
    assert_eq!(world.owner(cast::ROBIN_TOO).await, None);
}

// H02.
#[sqlx::test]
async fn an_address_moved_to_another_identity_opens_no_account(pool: PgPool) {
    let world = World::new(&pool).await;
    world.join(cast::MONA, "mona", "mona@example.org").await;
    let address = world.github.person(cast::MONA).unwrap().emails;
    world.github.change(cast::MONA, |mona| mona.emails = vec![stand_in_github::Email::primary("new@example.org")]);
    world.github.change(cast::ULF, |ulf| ulf.emails = address);

    let mut ulf = world.browser();
    assert_eq!(world.come_in(&mut ulf, cast::ULF).await.location(), "/sign-up/provider");
    assert!(ulf.get("/sign-up/provider").await.body.contains("You already have an account"));
    assert_eq!(ulf.who().await, None);

    let mut mona = world.browser();
    assert_eq!(world.come_in(&mut mona, cast::MONA).await.location(), "/");
    assert_eq!(mona.who().await.as_deref(), Some("mona"));
    let email: String = sqlx::query_scalar("select email from users").fetch_one(&pool).await.unwrap();
    assert_eq!(email, "mona@example.org", "our address is ours to change");
}

// H28.
#[sqlx::test]
async fn a_suspended_user_cannot_sign_in_and_sees_the_reason(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut before = world.join(cast::MONA, "mona", "mona@example.org").await;
    let mona = server::accounts::find(&world.site.server, "mona").await.unwrap();
    server::accounts::suspend(&world.site.server, mona, "Spam, again and again", None).await.unwrap();
    assert_eq!(before.who().await, None);
    let rows = world.rows().await;
    let mut browser = world.browser();
    let answer = world.come_in(&mut browser, cast::MONA).await;
    assert_said(&answer, StatusCode::UNPROCESSABLE_ENTITY, "Spam, again and again");
    assert_eq!(browser.who().await, None);
    assert_eq!(world.rows().await, rows);
}

// H28.
#[sqlx::test]
async fn a_deleted_accounts_identity_starts_a_new_sign_up(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    assert_eq!(mona.post("/settings/account/delete", &[("username_again", "mona")]).await.location(), "/");
    assert_eq!(world.site.count("select count(*) from identities").await, 0);
    let mut browser = world.browser();
    assert_eq!(world.come_in(&mut browser, cast::MONA).await.location(), "/sign-up/provider");
    assert_eq!(browser.who().await, None);
}

#[sqlx::test]
async fn signing_in_as_another_user_revokes_the_previous_session(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    world.join(cast::MONA, "mona", "mona@example.org").await;
    world.site.sql("delete from sessions").await;
    let mut browser = world.site.signed_in("alan").await;
    let old = browser.session().cloned();
    assert_eq!(world.come_in(&mut browser, cast::MONA).await.location(), "/");
    assert_eq!(browser.who().await.as_deref(), Some("mona"));
    assert_ne!(browser.session().cloned(), old, "a fresh id");
    assert_eq!(world.site.count("select count(*) from sessions").await, 1);
    assert_eq!(world.owner(cast::MONA).await.as_deref(), Some("mona"), "nothing was linked to alan");
}

#[sqlx::test]
async fn oauth_sign_in_from_a_new_browser_sends_a_mail(pool: PgPool) {
    let world = World::new(&pool).await;
    world.join(cast::MONA, "mona", "mona@example.org").await;
    world.site.sql("delete from jobs").await;
    world.come_in(&mut world.browser(), cast::MONA).await;
    assert_eq!(world.site.count("select count(*) from jobs where payload->>'to' = 'mona@example.org'").await, 1);
}
