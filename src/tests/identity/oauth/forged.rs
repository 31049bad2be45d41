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

#[sqlx::test]
async fn h04_only_a_form_of_ours_sets_out(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut browser = world.browser();
    assert!(browser.get("/auth/github").await.status.is_client_error());
    let request = http::Request::post("/auth/github")
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(browser.send(request.body("".into()).unwrap()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.site.count("select count(*) from oauth_flows").await, 0);
}

#[sqlx::test]
async fn h04_a_callback_without_its_own_state_and_cookie_does_nothing(pool: PgPool) {
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

#[sqlx::test]
async fn h04_a_browser_that_never_set_out_is_not_signed_in_by_a_link(pool: PgPool) {
    let world = World::new(&pool).await;
    let (_, back) = about_to_come_in(&world).await;
    assert_refused(&world, &mut world.browser(), &back, "no cookie").await;
}

#[sqlx::test]
async fn h04_a_state_is_used_once_and_in_time(pool: PgPool) {
    let world = World::new(&pool).await;
    let (mut mine, back) = about_to_come_in(&world).await;
    assert_eq!(come_back(&mut mine, &back).await.location(), "/");
    let mut again = mine.clone();
    again.cookies.remove("__Host-id");
    assert_refused(&world, &mut again, &back, "replayed").await;

    let url = world.set_out(&mut again).await;
    world.site.sql("update oauth_flows set expires_at = now() - interval '1 second'").await;
    assert_refused(&world, &mut again, &world.github.approve(&url, cast::MONA), "late").await;
}

#[sqlx::test]
async fn h04_an_error_wins_over_a_code(pool: PgPool) {
    let world = World::new(&pool).await;
    let (mut mine, back) = about_to_come_in(&world).await;
    let rows = world.rows().await;
    let answer = come_back(&mut mine, &format!("{back}&error=access_denied")).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "You said no at GitHub");
    assert_eq!(world.rows().await, rows);
    assert_refused(&world, &mut mine, &back, "used up").await;
}

#[sqlx::test]
async fn who_says_no_reads_so_and_nothing_happens(pool: PgPool) {
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

#[sqlx::test]
async fn h05_a_code_of_somebody_else_is_of_no_use(pool: PgPool) {
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

#[sqlx::test]
async fn h05_a_way_to_link_ends_with_the_session_that_began_it(pool: PgPool) {
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
    world.site.sql("update sessions set elevated_until = now() - interval '1 second'").await;
    let answer = come_back(&mut browser, &world.github.approve(&url, cast::MONA)).await;
    assert_said(&answer, StatusCode::BAD_REQUEST, sentence);
    assert_eq!(world.owner(cast::MONA).await, None);
    assert_eq!(world.events("identity_linked").await, 0);
}

#[sqlx::test]
async fn h05_an_attackers_way_does_not_link_to_the_one_who_follows_it(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut attacker = world.site.signed_in("edsger").await;
    let url = world.leave(&mut attacker, "/settings/connections/github/link", &[]).await;
    let back = world.github.approve(&url, cast::MALLORY);
    let mut alan = world.site.signed_in("alan").await;
    let answer = come_back(&mut alan, &back).await;
    assert_said(&answer, StatusCode::BAD_REQUEST, GONE);
    assert_eq!(world.owner(cast::MALLORY).await, None);
}

#[sqlx::test]
async fn h27_a_reset_ends_the_ways_that_somebody_is_on(pool: PgPool) {
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

#[sqlx::test]
async fn h27_a_session_that_came_by_github_ends_with_the_others(pool: PgPool) {
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
async fn the_callback_is_ours_whatever_the_request_says(pool: PgPool) {
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
