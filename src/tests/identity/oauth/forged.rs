//! Callbacks without a matching authorization request here: late, replayed, forged, another user's. They end in one
//! sentence, without a row.

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::{Endpoint, cast};

use super::{
    World, path_of,
    world::{assert_said, come_back, way_out},
};
use crate::tests::Browser;

const GONE: &str = "That way to GitHub has ended";

/// A user with an account, and their authorization request just before its callback.
async fn about_to_come_in(world: &World) -> (Browser, String) {
    world.join(cast::MONA, "mona", "mona@example.org").await;
    world.site.sql("delete from sessions; delete from limits").await;
    let mut browser = world.browser();
    let url = world.set_out(&mut browser).await;
    (browser, world.github.approve(&url, cast::MONA))
}

async fn assert_refused(world: &World, browser: &mut Browser, url: &str, what: &str) {
    let (rows, asked) = (world.rows().await, world.github.requests().len());
    let answer = come_back(browser, url).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}");
    assert_said(&answer, StatusCode::BAD_REQUEST, GONE);
    assert_eq!(world.rows().await, rows, "{what}");
    assert_eq!(world.github.requests().len(), asked, "{what}: GitHub is not asked");
    assert_eq!(browser.who().await, None, "{what}");
}

// H04.
#[sqlx::test]
async fn only_our_own_form_starts_an_authorization_request(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut browser = world.browser();
    assert!(browser.get("/auth/github").await.status.is_client_error());
    let request = http::Request::post("/auth/github")
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(browser.send(request.body("".into()).unwrap()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.site.count("select count(*) from authorization_requests").await, 0);
}

// H04.
#[sqlx::test]
async fn refuses_a_callback_without_its_own_state_and_cookie(pool: PgPool) {
    let world = World::new(&pool).await;
    let (mut mine, back) = about_to_come_in(&world).await;
    let (path, query) = back.split_once('?').unwrap();
    let pick = |name: &str| query.split('&').find(|pair| pair.starts_with(&format!("{name}="))).unwrap().to_owned();
    let (code, state) = (pick("code"), pick("state"));
    for (what, query) in [
        ("no state", code.clone()),
        ("an empty state", format!("{code}&state=")),
        ("an invented state", format!("{code}&state={}", "A".repeat(43))),
        ("a broken state", format!("{code}&state=%00%ff")),
        ("two states", format!("{code}&{state}&{state}")),
        ("two codes", format!("{code}&code=x&{state}")),
        ("nothing", String::new()),
    ] {
        assert_refused(&world, &mut mine, &format!("{path}?{query}"), what).await;
    }
    // Another browser has no authorization request, or another one; the attempt uses the state up.
    let mut other = world.browser();
    world.set_out(&mut other).await;
    assert_refused(&world, &mut other, &back, "another browser").await;
    assert_refused(&world, &mut mine, &back, "used up by another").await;
}

// H04.
#[sqlx::test]
async fn refuses_a_callback_in_a_browser_without_an_authorization_request(pool: PgPool) {
    let world = World::new(&pool).await;
    let (_, back) = about_to_come_in(&world).await;
    assert_refused(&world, &mut world.browser(), &back, "no cookie").await;
}

// H04.
#[sqlx::test]
async fn a_state_works_once_and_before_it_expires(pool: PgPool) {
    let world = World::new(&pool).await;
    let (mut mine, back) = about_to_come_in(&world).await;
    assert_eq!(come_back(&mut mine, &back).await.location(), "/");
    let mut again = mine.clone();
    again.cookies.remove("__Host-id");
    assert_refused(&world, &mut again, &back, "replayed").await;

    let url = world.set_out(&mut again).await;
    world.site.sql("update authorization_requests set expires_at = now() - interval '1 second'").await;
    assert_refused(&world, &mut again, &world.github.approve(&url, cast::MONA), "late").await;
}

// H04.
#[sqlx::test]
async fn an_error_overrides_a_code_in_the_callback(pool: PgPool) {
    let world = World::new(&pool).await;
    let (mut mine, back) = about_to_come_in(&world).await;
    let rows = world.rows().await;
    let answer = come_back(&mut mine, &format!("{back}&error=access_denied")).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "You said no at GitHub");
    assert_eq!(world.rows().await, rows);
    assert_refused(&world, &mut mine, &back, "used up").await;
}

#[sqlx::test]
async fn a_denied_authorization_request_is_reported_and_changes_nothing(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let rows = world.rows().await;
    let mut browser = world.browser();
    let url = world.leave(&mut browser, "/auth/github", &[("next", "/following")]).await;
    let answer = come_back(&mut browser, &world.github.deny(&url)).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "You said no at GitHub, so nothing happened.");
    assert!(answer.body.contains("<h1>Welcome back</h1>") && answer.body.contains("value=\"/following\""));
    assert_eq!(world.rows().await, rows);
    // A request from the settings returns to the settings.
    let mut alan = world.site.signed_in("alan").await;
    let url = world.leave(&mut alan, "/settings/connections/github/link", &[]).await;
    let answer = come_back(&mut alan, &world.github.deny(&url)).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "You said no");
    assert!(answer.body.contains("Not connected"), "{}", answer.body);
    assert_eq!(alan.who().await.as_deref(), Some("alan"));
}

// H05.
#[sqlx::test]
async fn refuses_a_code_from_another_authorization_request(pool: PgPool) {
    let world = World::new(&pool).await;
    let (mut attacker, stolen) = about_to_come_in(&world).await;
    let code = stolen.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    // With an authorization request of the attacker's own, its verifier is another one.
    let url = world.set_out(&mut attacker).await;
    let own = world.github.approve(&url, cast::TOVE);
    let own_code = own.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let rows = world.rows().await;
    let answer = come_back(&mut attacker, &own.replace(own_code, &code)).await;
    assert_said(&answer, StatusCode::BAD_REQUEST, GONE);
    assert_eq!((world.rows().await, world.github.asked(Endpoint::User)), (rows, 1));
}

// H05.
#[sqlx::test]
async fn linking_fails_when_its_session_or_elevation_has_ended(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let sentence = "you were signed out meanwhile";
    // Signed out, and another user signed in, in the same browser.
    let mut browser = world.site.signed_in("alan").await;
    let url = world.leave(&mut browser, "/settings/connections/github/link", &[]).await;
    let back = world.github.approve(&url, cast::MONA);
    browser.sign_in("barbara").await;
    let answer = come_back(&mut browser, &back).await;
    assert_said(&answer, StatusCode::BAD_REQUEST, sentence);
    // Signed out and in again: another session.
    let mut browser = world.site.signed_in("alan").await;
    let url = world.leave(&mut browser, "/settings/connections/github/link", &[]).await;
    browser.sign_in("alan").await;
    let answer = come_back(&mut browser, &world.github.approve(&url, cast::MONA)).await;
    assert_said(&answer, StatusCode::BAD_REQUEST, sentence);
    // The same session, but the elevation has expired.
    let url = world.leave(&mut browser, "/settings/connections/github/link", &[]).await;
    world.site.unelevate().await;
    let answer = come_back(&mut browser, &world.github.approve(&url, cast::MONA)).await;
    assert_said(&answer, StatusCode::BAD_REQUEST, sentence);
    assert_eq!(world.owner(cast::MONA).await, None);
    assert_eq!(world.events("identity_linked").await, 0);
}

// H05.
#[sqlx::test]
async fn an_attackers_link_request_does_not_link_to_the_victim(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut attacker = world.site.signed_in("edsger").await;
    let url = world.leave(&mut attacker, "/settings/connections/github/link", &[]).await;
    let back = world.github.approve(&url, cast::MALLORY);
    let mut alan = world.site.signed_in("alan").await;
    let answer = come_back(&mut alan, &back).await;
    assert_said(&answer, StatusCode::BAD_REQUEST, GONE);
    assert_eq!(world.owner(cast::MALLORY).await, None);
}

// H27.
#[sqlx::test]
async fn a_password_reset_ends_pending_authorization_requests(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut attacker = world.site.signed_in("alan").await;
    let url = world.leave(&mut attacker, "/settings/connections/github/link", &[]).await;
    let back = world.github.approve(&url, cast::MONA);
    world.browser().post("/forgot-password", &[("email", "alan@kith.example")]).await;
    let token = crate::tests::identity::recovery::link_to(&world.site, "alan@kith.example", "/reset-password").await;
    let mut alan = world.browser();
    alan.get(&format!("/reset-password?token={token}")).await;
    let reset = alan.post("/reset-password", &[("new_password", "seven green umbrellas sing")]).await;
    assert_eq!(reset.location(), "/");
    let answer = come_back(&mut attacker, &back).await;
    assert_said(&answer, StatusCode::BAD_REQUEST, GONE);
    assert_eq!((attacker.who().await, world.owner(cast::MONA).await), (None, None));
}

// H27.
#[sqlx::test]
async fn a_password_change_revokes_sessions_from_oauth_sign_in(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    assert_eq!(world.link(&mut alan, cast::MONA).await.location(), "/settings/connections");
    let mut other = world.browser();
    world.come_in(&mut other, cast::MONA).await;
    assert_eq!(other.who().await.as_deref(), Some("alan"));
    let changed = alan.post("/settings/security/password", &[("new_password", "seven green umbrellas sing")]).await;
    assert_eq!(changed.location(), "/settings/security");
    assert_eq!((other.who().await, alan.who().await.as_deref()), (None, Some("alan")));
}

#[sqlx::test]
async fn forwarded_host_headers_do_not_change_the_callback_url(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut browser = world.browser();
    let request = http::Request::post("/auth/github")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = browser.send(request.body("".into()).unwrap()).await;
    let back = world.github.approve(&way_out(&answer), cast::MONA);
    assert!(path_of(&back).starts_with("/auth/github/callback?code="));
}
