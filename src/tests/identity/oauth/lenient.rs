//! A provider that answers oddly, or less than usual: its connected users can sign in all the same.

use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use stand_in_github::{Endpoint, Mode, cast};

use super::{
    World,
    oidc::{DOWN, Many, rosa},
    user_info::Info,
    world::assert_said,
};

/// A user with nothing but a subject in the id token.
fn bare() -> Value {
    json!({ "sub": "rosa-1", "in_user_info": rosa() })
}

#[sqlx::test]
async fn accepts_optional_claims_of_unexpected_types(pool: PgPool) {
    let many = Many::new(&pool).await;
    for (name, odd) in [
        ("email_verified", json!("true")),
        ("email_verified", json!("yes")),
        ("email_verified", json!(1)),
        ("email_verified", json!({})),
        ("updated_at", json!("2024-01-01T00:00:00Z")),
        ("updated_at", json!([])),
        ("name", json!(42)),
        ("name", json!("a\u{0}b")),
        ("name#de", json!({})),
        ("preferred_username", json!(["rosa"])),
        ("preferred_username", json!("")),
        ("picture", json!({ "url": "https://acme.example/rosa.png" })),
        ("picture", json!("no address\u{0}")),
        ("picture", json!("javascript:alert(1)")),
        ("email", json!(["rosa@acme.example"])),
        ("email", json!("not an address")),
        ("address", json!("x")),
        ("locale", json!(7)),
        ("birthdate", json!(19_900_101)),
        ("phone_number_verified", json!("no")),
        ("website", json!(false)),
        ("zoneinfo", json!({})),
        ("acr", json!(0)),
        ("amr", json!("pwd")),
        ("azp", json!(5)),
        ("at_hash", json!(null)),
        ("groups", json!({ "a": [1, "2", null] })),
    ] {
        many.site.reset_limits().await;
        let mut person = rosa();
        person[name] = odd.clone();
        let answer = many.come_in(&mut many.site.browser(), person.clone()).await;
        assert_eq!(answer.location(), "/sign-up/provider", "{name} {odd}: {}", answer.body);
        let answer = many.come_in(&mut many.site.browser(), json!({ "sub": "rosa-1", "in_user_info": person })).await;
        assert_eq!(answer.location(), "/sign-up/provider", "{name} {odd} in the user info: {}", answer.body);
    }
}

#[sqlx::test]
async fn only_true_as_boolean_or_string_verifies_an_address(pool: PgPool) {
    let many = Many::new(&pool).await;
    for (verified, counts) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("True"), false),
        (json!("false"), false),
        (json!(1), false),
        (json!(["true"]), false),
        (Value::Null, false),
    ] {
        let mut person = rosa();
        person["email_verified"] = verified.clone();
        for person in [person.clone(), json!({ "sub": "rosa-1", "in_user_info": person })] {
            let mut browser = many.site.browser();
            many.come_in(&mut browser, person.clone()).await;
            let page = browser.get("/sign-up/provider").await.body;
            assert_eq!(page.contains("told us none that it has verified"), !counts, "{verified} {person}");
        }
    }
}

fn every_bad_info() -> Vec<Info> {
    let status = [500, 502, 401, 403, 404, 429, 302].map(|status| Info::Status(StatusCode::from_u16(status).unwrap()));
    let mut all = Vec::from(status);
    all.extend([
        Info::Silent,
        Info::Text("application/jwt", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJyb3NhLTEifQ.c2ln"),
        Info::Text("application/json", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJyb3NhLTEifQ.c2ln"),
        Info::Text("text/html", "<h1>Unicorn!</h1>"),
        Info::Text("application/json", "[]"),
        Info::Text("application/json", "{\"sub\":\"rosa-1\""),
        Info::Claims(json!({})),
        Info::Claims(json!({ "sub": 1, "email": "rosa@acme.example", "email_verified": true })),
    ]);
    all
}

#[sqlx::test]
async fn signs_in_when_the_user_info_endpoint_fails(pool: PgPool) {
    let many = Many::new(&pool).await;
    many.join(bare(), "rosa", "rosa@acme.example").await;
    for info in every_bad_info() {
        many.site.sql("delete from limits; delete from pending_oauth_sign_ups").await;
        many.acme.inform(info.clone());
        let (mut known, since) = (many.site.browser(), Instant::now());
        let answer = many.come_in(&mut known, bare()).await;
        assert_eq!(answer.location(), "/", "{info:?}: {}", answer.body);
        assert_eq!(known.who().await.as_deref(), Some("rosa"), "{info:?}");
        assert!(since.elapsed() < Duration::from_secs(5), "{info:?}");
        assert!(known.get("/settings/connections").await.body.contains("rosa.lind"), "the name it had is kept");
        let mut unknown = many.site.browser();
        let answer = many.come_in(&mut unknown, json!({ "sub": "new-1" })).await;
        assert_eq!(answer.location(), "/sign-up/provider", "{info:?}: {}", answer.body);
        let page = unknown.get("/sign-up/provider").await.body;
        assert!(page.contains("told us none that it has verified"), "{info:?}");
    }
}

#[sqlx::test]
async fn user_info_about_another_account_is_not_used(pool: PgPool) {
    let many = Many::new(&pool).await;
    many.join(bare(), "rosa", "rosa@acme.example").await;
    many.acme.inform(Info::Claims(json!({ "sub": "mallory", "preferred_username": "mallory" })));
    let mut known = many.site.browser();
    assert_eq!(many.come_in(&mut known, bare()).await.location(), "/");
    assert_eq!(known.who().await.as_deref(), Some("rosa"));
    assert!(!known.get("/settings/connections").await.body.contains("mallory"));
    let answer = many.come_in(&mut many.site.browser(), json!({ "sub": "new-1" })).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
}

#[sqlx::test]
async fn a_refresh_fails_without_user_info(pool: PgPool) {
    let many = Many::new(&pool).await;
    let mut rosa = many.join(bare(), "rosa", "rosa@acme.example").await;
    many.acme.inform(Info::Status(StatusCode::INTERNAL_SERVER_ERROR));
    let answer = many.via_acme(&mut rosa, "/settings/connections/acme/refresh", bare()).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
    many.acme.inform(Info::Usual);
    let answer = many.via_acme(&mut rosa, "/settings/connections/acme/refresh", bare()).await;
    assert_eq!(answer.location(), "/settings/connections", "{}", answer.body);
}

#[sqlx::test]
async fn linked_accounts_sign_in_when_the_emails_endpoint_fails(pool: PgPool) {
    let world = World::new(&pool).await;
    world.join(cast::MONA, "mona", "mona@example.org").await;
    for mode in [Mode::ServerError, Mode::BlackHole, Mode::SlowDrip, Mode::Html, Mode::Down, Mode::PrimaryLimit] {
        world.github.next_answer(Endpoint::Emails, mode.clone());
        let (mut browser, since) = (world.browser(), Instant::now());
        let answer = world.come_in(&mut browser, cast::MONA).await;
        assert_eq!(answer.location(), "/", "{mode:?}: {}", answer.body);
        assert_eq!(browser.who().await.as_deref(), Some("mona"), "{mode:?}");
        assert!(since.elapsed() < Duration::from_secs(5), "{mode:?}");
        world.github.recover();
    }
}

#[sqlx::test]
async fn a_pending_sign_up_needs_only_the_github_user_id(pool: PgPool) {
    let world = World::new(&pool).await;
    for user in [
        json!({ "id": cast::MONA }),
        json!({ "id": cast::MONA, "login": 42, "name": ["Mona"], "avatar_url": {} }),
        json!({ "id": cast::MONA, "login": null, "name": null, "avatar_url": "no address\u{0}" }),
    ] {
        world.github.next_answer(Endpoint::User, Mode::Json(user.clone()));
        let answer = world.come_in(&mut world.browser(), cast::MONA).await;
        assert_eq!(answer.location(), "/sign-up/provider", "{user}: {}", answer.body);
        world.github.recover();
    }
}

#[sqlx::test]
async fn a_long_name_is_not_cut_inside_a_character(pool: PgPool) {
    let world = World::new(&pool).await;
    let (letters, family) = ("a".repeat(48), "👩\u{200d}👩\u{200d}👧");
    world.github.change(cast::MONA, |mona| mona.name = Some(format!("{letters}{family}")));
    let mut browser = world.browser();
    world.come_in(&mut browser, cast::MONA).await;
    let page = browser.get("/sign-up/provider").await.body;
    assert!(page.contains(&format!("value=\"{letters}\"")) && !page.contains('👩'), "{page}");
    // Also when it is copied later.
    let mut mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    let answer = world.round(&mut mona, "/settings/connections/github/refresh", cast::MONA).await;
    assert_eq!(answer.location(), "/settings/connections");
    let name: String = sqlx::query_scalar("select display_name from users").fetch_one(&pool).await.unwrap();
    assert_eq!(name, letters);
}

#[sqlx::test]
async fn doctor_reports_the_cause_of_a_failing_provider(pool: PgPool) {
    let many = Many::new(&pool).await;
    let lines = async || crate::cli::doctor::providers(&many.site.server).await;
    let (fine, sound) = lines().await;
    assert!(sound && fine.len() == 6, "{fine:?}");
    assert!(fine[1].ends_with("https://kith.example/auth/github/callback"), "{fine:?}");
    let page = format!("{}/authorize", many.acme.url);
    assert!(fine[2].starts_with("provider   Acme answers") && fine[2].ends_with(&page), "{fine:?}");
    let place = format!("{}/.well-known/openid-configuration", many.acme.url);
    for (status, fields, said) in [
        (500, json!({}), format!("500 Internal Server Error at {place}")),
        (404, json!({}), format!("404 Not Found at {place}")),
        (429, json!({}), format!("429 Too Many Requests at {place}")),
        (301, json!({}), format!("301 Moved Permanently, at {place}")),
        (200, json!({ "issuer": "https://acme.example" }), "\"https://acme.example\"".to_owned()),
        (200, json!({ "token_endpoint": 5 }), format!("no usable `token_endpoint` in {place}")),
        (200, json!({ "token_endpoint": "http://acme.example/token" }), "no usable `token_endpoint`".to_owned()),
        (200, json!({ "jwks_uri": format!("{}/none", many.acme.url) }), "404 Not Found at".to_owned()),
        (200, json!({ "authorization_endpoint": "javascript:alert(1)" }), "`authorization_endpoint`".to_owned()),
    ] {
        many.acme.describe(StatusCode::from_u16(status).unwrap(), fields);
        let (all, sound) = lines().await;
        assert!(!sound && all[2].contains(&said), "{said}: {all:?}");
    }
    // Unused fields may be of any type.
    many.acme.describe(StatusCode::OK, json!({ "claims_supported": 7, "scopes_supported": "openid" }));
    assert!(lines().await.1);
    let Many { site, acme, .. } = many;
    drop(acme);
    let (all, sound) = crate::cli::doctor::providers(&site.server).await;
    assert!(!sound && all[2].contains(&place) && all[2].contains("refused"), "{all:?}");
}
