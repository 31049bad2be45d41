//! Connections: created and removed by the signed-in user, and never the last way in.

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::cast;

use super::{
    World,
    world::{assert_said, come_back},
};

const CONNECTIONS: &str = "/settings/connections";

#[sqlx::test]
async fn a_linked_identity_signs_in_until_it_is_unlinked(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    assert!(alan.get(CONNECTIONS).await.body.contains("Not connected"));
    let answer = world.link(&mut alan, cast::MONA).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, CONNECTIONS));
    let page = alan.get(CONNECTIONS).await.body;
    assert!(page.contains("mona") && page.contains("Last used") && page.contains("Disconnect"), "{page}");
    let mail = world.site.mail_to("alan@kith.example").await.expect("alan is told");
    assert!(mail.contains("GitHub") && mail.contains("mona"), "{mail}");

    let mut browser = world.browser();
    world.come_in(&mut browser, cast::MONA).await;
    assert_eq!(browser.who().await.as_deref(), Some("alan"));

    assert_eq!(alan.post("/settings/connections/github/unlink", &[]).await.location(), CONNECTIONS);
    assert_eq!((world.events("identity_linked").await, world.events("identity_unlinked").await), (1, 1));
    let activity = alan.get("/settings/activity").await.body;
    assert!(activity.contains("GitHub was connected (mona)") && activity.contains("GitHub was disconnected (mona)"));
    let mut browser = world.browser();
    assert_eq!(world.come_in(&mut browser, cast::MONA).await.location(), "/sign-up/provider");
    let again = alan.post("/settings/connections/github/unlink", &[]).await;
    assert_said(&again, StatusCode::NOT_FOUND, "disconnected already");
}

#[sqlx::test]
async fn refuses_to_link_an_identity_of_another_account(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    world.join(cast::MONA, "mona", "mona@example.org").await;
    let mut alan = world.site.signed_in("alan").await;
    let rows = world.rows().await;
    let answer = world.link(&mut alan, cast::MONA).await;
    assert_said(&answer, StatusCode::CONFLICT, "already linked to another account. Nothing has changed.");
    assert_eq!(world.rows().await, rows);
    assert_eq!(world.owner(cast::MONA).await.as_deref(), Some("mona"));
    assert_eq!(alan.who().await.as_deref(), Some("alan"));
}

#[sqlx::test]
async fn refuses_a_second_identity_of_the_same_provider(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    world.link(&mut alan, cast::MONA).await;
    assert_said(&world.link(&mut alan, cast::MONA).await, StatusCode::CONFLICT, "connected already");
    assert_said(&world.link(&mut alan, cast::TOVE).await, StatusCode::CONFLICT, "Disconnect that one first");
    assert_eq!(world.site.count("select count(*) from identities").await, 1);
}

#[sqlx::test]
async fn linking_ignores_the_email_addresses_of_the_identity(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    assert_eq!(world.link(&mut alan, cast::ADA).await.location(), CONNECTIONS);
    assert_eq!(world.owner(cast::ADA).await.as_deref(), Some("alan"), "who is signed in, not whose address it is");
}

#[sqlx::test]
async fn refuses_to_unlink_the_last_sign_in_method(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    let rows = world.rows().await;
    let answer = mona.post("/settings/connections/github/unlink", &[]).await;
    assert_said(&answer, StatusCode::UNPROCESSABLE_ENTITY, "only thing your account opens with");
    assert_eq!(world.rows().await, rows);
    assert!(mona.get("/settings/security").await.body.contains("Set a password"));
    let set = mona.post("/settings/security/password", &[("new_password", "seven green umbrellas sing")]).await;
    assert_eq!(set.location(), "/settings/security");
    assert_eq!(mona.post("/settings/connections/github/unlink", &[]).await.location(), CONNECTIONS);
    let answer = world.browser().try_sign_in("mona", "seven green umbrellas sing").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn users_without_a_password_elevate_with_their_own_identity(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    let stale = "update sessions set elevated_until = now() - interval '1 second'";
    world.site.sql(stale).await;
    let asked = mona.post("/settings/account/export", &[]).await;
    assert!(asked.location().starts_with("/elevate?next="));
    let page = mona.get(asked.location()).await.body;
    assert!(page.contains("action=\"/elevate/with/github\"") && !page.contains("current_password"), "{page}");
    let before = mona.session().cloned();

    let fields = [("next", "/settings/account")];
    let url = world.leave(&mut mona, "/elevate/with/github", &fields).await;
    assert!(url.contains("prompt=select_account"), "GitHub asks who it is: {url}");
    // Another user at the same browser does not count.
    let answer = come_back(&mut mona, &world.github.approve(&url, cast::TOVE)).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "does not belong to this account");
    assert!(mona.post("/settings/account/export", &[]).await.location().starts_with("/elevate"));

    let url = world.leave(&mut mona, "/elevate/with/github", &fields).await;
    let answer = come_back(&mut mona, &world.github.approve(&url, cast::MONA)).await;
    assert_eq!(answer.location(), "/settings/account");
    assert_ne!(mona.session().cloned(), before, "a fresh id");
    assert_eq!(mona.post("/settings/account/export", &[]).await.status, StatusCode::OK);
    assert_eq!(world.events("elevated").await, 1);
}

#[sqlx::test]
async fn copies_name_and_avatar_on_refresh_not_at_sign_in(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    world.link(&mut alan, cast::MONA).await;
    world.github.change(cast::MONA, |mona| {
        mona.login = "mona-h".to_owned();
        mona.name = Some("Mona \u{202e}Holm".to_owned());
    });
    let answer = world.round(&mut alan, "/settings/connections/github/refresh", cast::TOVE).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "does not belong to this account");
    let answer = world.round(&mut alan, "/settings/connections/github/refresh", cast::MONA).await;
    assert_eq!(answer.location(), CONNECTIONS, "{}", answer.body);
    assert!(alan.get(CONNECTIONS).await.body.contains("mona-h"));
    let name: String =
        sqlx::query_scalar("select display_name from users where username = 'alan'").fetch_one(&pool).await.unwrap();
    assert!(name.starts_with("Mona"), "{name}");
    assert_eq!(world.site.picture_of("alan").await, None);
    while server::worker::run_due(&world.site.server).await.unwrap() > 0 {}
    let picture = world.site.picture_of("alan").await;
    assert!(picture.is_some());
    // Signing in alone changes none of them.
    world.github.change(cast::MONA, |mona| mona.name = Some("Another Name".to_owned()));
    world.come_in(&mut world.browser(), cast::MONA).await;
    while server::worker::run_due(&world.site.server).await.unwrap() > 0 {}
    assert!(!alan.get("/@alan").await.body.contains("Another Name"));
    assert_eq!(world.site.picture_of("alan").await, picture);
}

#[sqlx::test]
async fn export_and_account_deletion_cover_linked_identities(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    world.link(&mut alan, cast::MONA).await;
    let export = alan.post("/settings/account/export", &[]).await;
    assert!(export.body.contains("identities.json"));
    alan.post("/settings/account/delete", &[("username_again", "alan")]).await;
    assert_eq!(world.site.count("select count(*) from identities").await, 0);
}
