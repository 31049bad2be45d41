//! Any OpenID Connect issuer, and several of them, beside a GitHub.

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use stand_in_github::{CLIENT_ID, CLIENT_SECRET, StandIn, cast};

use super::{
    issuer::{Issuer, Wrong, query},
    path_of,
    world::{assert_said, choose, come_back, way_out},
};
use crate::tests::{Answer, Browser, Site};

pub const DOWN: &str = "Acme doesn’t answer properly right now";

/// A site that knows two issuers and a GitHub.
pub struct Many {
    pub site: Site,
    pub acme: Issuer,
    other: Issuer,
    github: StandIn,
}

impl Many {
    pub async fn new(pool: &PgPool) -> Self {
        let (acme, other, github) = (Issuer::start().await, Issuer::start().await, StandIn::start().await);
        let mut settings = acme.settings("ACME");
        settings.extend(other.settings("OTHER"));
        let hub = [("ID", CLIENT_ID), ("SECRET", CLIENT_SECRET)]
            .map(|(n, v)| (format!("KITH_GITHUB_CLIENT_{n}"), v.to_owned()));
        settings.extend(hub);
        settings.push(("KITH_GITHUB_URL".to_owned(), github.url.clone()));
        let settings: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Self { site: Site::with(pool, &settings), acme, other, github }
    }

    pub async fn set_out(&self, browser: &mut Browser, form: &str) -> String {
        way_out(&browser.post(form, &[]).await)
    }

    pub async fn via_acme(&self, browser: &mut Browser, form: &str, person: Value) -> Answer {
        let way = self.set_out(browser, form).await;
        come_back(browser, &self.acme.approve(&way, person)).await
    }

    pub async fn come_in(&self, browser: &mut Browser, person: Value) -> Answer {
        self.via_acme(browser, "/auth/acme", person).await
    }

    pub async fn join(&self, person: Value, username: &str, email: &str) -> Browser {
        let mut browser = self.site.browser();
        assert_eq!(self.come_in(&mut browser, person).await.location(), "/sign-up/provider");
        assert_eq!(choose(&mut browser, username, email).await.location(), "/");
        browser
    }

    async fn people(&self) -> i64 {
        self.site.count("select count(*) + (select count(*) from pending_oauth_sign_ups) from users").await
    }
}

pub fn rosa() -> Value {
    json!({
        "sub": "rosa-1", "name": "Rosa Lind", "preferred_username": "rosa.lind",
        "email": "rosa@acme.example", "email_verified": true,
    })
}

#[sqlx::test]
async fn users_sign_up_and_sign_in_again_by_an_issuer(pool: PgPool) {
    let many = Many::new(&pool).await;
    let page = many.site.browser().get("/sign-in").await.body;
    assert!(["GitHub", "Acme", "Other"].iter().all(|name| page.contains(&format!("Continue with {name}"))), "{page}");
    let mut browser = many.site.browser();
    let answer = many.come_in(&mut browser, rosa()).await;
    assert_eq!(answer.location(), "/sign-up/provider", "{}", answer.body);
    let page = browser.get("/sign-up/provider").await.body;
    assert!(page.contains("value=\"rosa_lind\"") && page.contains("Rosa Lind") && page.contains("rosa@acme.example"));
    assert_eq!(choose(&mut browser, "rosa", "rosa@acme.example").await.location(), "/");
    let mut again = many.site.browser();
    assert_eq!(many.come_in(&mut again, json!({ "sub": "rosa-1", "preferred_username": "rl" })).await.location(), "/");
    assert_eq!(again.who().await.as_deref(), Some("rosa"));
    assert!(again.get("/settings/connections").await.body.contains("rl"));
    assert_eq!(many.acme.asked("discovery"), 1, "what it says of itself is kept");
}

#[sqlx::test]
async fn an_address_not_verified_by_the_issuer_is_ignored(pool: PgPool) {
    Site::with_cast(&pool).await;
    let many = Many::new(&pool).await;
    for verified in [json!(false), Value::Null] {
        let mut person = json!({ "sub": "x", "email": "ada@kith.example" });
        if !verified.is_null() {
            person["email_verified"] = verified;
        }
        let mut browser = many.site.browser();
        many.come_in(&mut browser, person).await;
        let page = browser.get("/sign-up/provider").await.body;
        assert!(page.contains("told us none that it has verified") && !page.contains("ada@kith.example"), "{page}");
    }
}

#[sqlx::test]
async fn refuses_an_invalid_id_token(pool: PgPool) {
    let many = Many::new(&pool).await;
    for wrong in [
        Wrong::Claim("nonce", json!("another")),
        Wrong::Claim("nonce", Value::Null),
        Wrong::Claim("aud", json!("another")),
        Wrong::Claim("iss", json!("https://another.example")),
        Wrong::Claim("exp", json!(1_000_000)),
        Wrong::Claim("sub", Value::Null),
        Wrong::Unsigned,
        Wrong::Hmac(false),
        Wrong::Hmac(true),
        Wrong::OtherKey,
        Wrong::Missing,
    ] {
        many.acme.sign_wrongly(wrong.clone());
        let mut browser = many.site.browser();
        let answer = many.come_in(&mut browser, rosa()).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{wrong:?}");
        assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
        assert_eq!((many.people().await, browser.who().await), (0, None), "{wrong:?}");
        many.site.reset_limits().await;
    }
    many.acme.sign_well();
    assert_eq!(many.come_in(&mut many.site.browser(), rosa()).await.location(), "/sign-up/provider");
}

#[sqlx::test]
async fn reads_missing_id_token_claims_from_user_info(pool: PgPool) {
    let many = Many::new(&pool).await;
    let more = json!({ "email": "rosa@acme.example", "email_verified": true, "name": "Rosa" });
    let mut browser = many.site.browser();
    many.come_in(&mut browser, json!({ "sub": "rosa-1", "in_user_info": more })).await;
    assert!(browser.get("/sign-up/provider").await.body.contains("rosa@acme.example"));
    // User info about another subject is not believed (OpenID Connect Core § 5.3.2).
    let other = json!({ "sub": "ada-1", "email": "ada@kith.example", "email_verified": true });
    let mut browser = many.site.browser();
    let answer = many.come_in(&mut browser, json!({ "sub": "rosa-1", "in_user_info": other })).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
}

#[sqlx::test]
async fn a_callback_from_one_issuer_is_refused_at_another(pool: PgPool) {
    let many = Many::new(&pool).await;
    many.acme.name_itself();
    // The mix-up: started with one provider, finished as if with the other.
    for (from, to) in [("acme", "other"), ("other", "acme"), ("acme", "github")] {
        let mut browser = many.site.browser();
        let way = many.set_out(&mut browser, &format!("/auth/{from}")).await;
        let issuer = if from == "acme" { &many.acme } else { &many.other };
        let back = issuer.approve(&way, rosa()).replace(&format!("/auth/{from}/"), &format!("/auth/{to}/"));
        let answer = come_back(&mut browser, &back).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{from} {to}");
    }
    assert_eq!(many.acme.asked("token") + many.other.asked("token"), 0, "no code is given to the wrong one");
    // A callback that names another issuer, and one without an issuer although it was announced (RFC 9207).
    let mut browser = many.site.browser();
    let way = many.set_out(&mut browser, "/auth/acme").await;
    let back = many.acme.approve(&way, rosa());
    let answer = come_back(&mut browser, &back.replace(&many.acme.url, &many.other.url)).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
    let way = many.set_out(&mut browser, "/auth/acme").await;
    let back = many.acme.approve(&way, rosa());
    let answer = come_back(&mut browser, back.split("&iss=").next().unwrap()).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
    let way = many.set_out(&mut browser, "/auth/acme").await;
    let answer = come_back(&mut browser, &many.acme.approve(&way, rosa())).await;
    assert_eq!(answer.location(), "/sign-up/provider");
    assert_eq!(many.acme.asked("token"), 1);
}

#[sqlx::test]
async fn the_same_subject_at_two_issuers_is_two_identities(pool: PgPool) {
    let many = Many::new(&pool).await;
    many.join(rosa(), "rosa", "rosa@acme.example").await;
    let mut browser = many.site.browser();
    let way = many.set_out(&mut browser, "/auth/other").await;
    let answer = come_back(&mut browser, &many.other.approve(&way, json!({ "sub": "rosa-1" }))).await;
    assert_eq!(answer.location(), "/sign-up/provider");
    assert_eq!(browser.who().await, None);
}

#[sqlx::test]
async fn a_linked_identity_verifies_the_owner_of_an_account(pool: PgPool) {
    let many = Many::new(&pool).await;
    many.join(rosa(), "rosa", "rosa@acme.example").await;
    many.github.change(cast::MONA, |mona| mona.emails = vec![stand_in_github::Email::primary("rosa@acme.example")]);
    let mut browser = many.site.browser();
    let way = many.set_out(&mut browser, "/auth/github").await;
    come_back(&mut browser, &many.github.approve(&way, cast::MONA)).await;
    let page = browser.get("/sign-up/provider").await.body;
    assert!(page.contains("action=\"/sign-up/provider/with/acme\"") && !page.contains("/with/github"), "{page}");
    // Another user's does not.
    let answer = many.via_acme(&mut browser, "/sign-up/provider/with/acme", json!({ "sub": "other" })).await;
    assert_said(&answer, StatusCode::FORBIDDEN, "does not belong to this account");
    assert!(answer.body.contains("You already have an account"), "and the page is there again");
    let answer = many.via_acme(&mut browser, "/sign-up/provider/with/acme", rosa()).await;
    assert_eq!(answer.location(), "/", "{}", answer.body);
    assert_eq!(browser.who().await.as_deref(), Some("rosa"));
    assert_eq!(many.site.count("select count(*) from identities").await, 2);
    let mut again = many.site.browser();
    let way = many.set_out(&mut again, "/auth/github").await;
    come_back(&mut again, &many.github.approve(&way, cast::MONA)).await;
    assert_eq!(again.who().await.as_deref(), Some("rosa"));
}

#[sqlx::test]
async fn refuses_elevation_without_a_fresh_sign_in_at_the_provider(pool: PgPool) {
    let many = Many::new(&pool).await;
    let mut rosa_here = many.join(rosa(), "rosa", "rosa@acme.example").await;
    many.site.unelevate().await;
    let way = many.set_out(&mut rosa_here, "/elevate/with/acme").await;
    let asked = query(&way);
    assert_eq!((asked["prompt"].as_str(), asked["max_age"].as_str()), ("login", "0"));
    for wrong in [json!(1_000_000_000), Value::Null] {
        many.acme.sign_wrongly(Wrong::Claim("auth_time", wrong));
        let way = many.set_out(&mut rosa_here, "/elevate/with/acme").await;
        let answer = come_back(&mut rosa_here, &many.acme.approve(&way, rosa())).await;
        assert_said(&answer, StatusCode::FORBIDDEN, "didn’t ask you again who you are");
        assert!(rosa_here.post("/settings/account/export", &[]).await.location().starts_with("/elevate"));
    }
    many.acme.sign_well();
    let answer = come_back(&mut rosa_here, &many.acme.approve(&way, rosa())).await;
    assert!(answer.status.is_redirection(), "{}", answer.body);
    assert_eq!(rosa_here.post("/settings/account/export", &[]).await.status, StatusCode::OK);
}

#[sqlx::test]
async fn unknown_keys_and_unreachable_issuers_fail_the_sign_in(pool: PgPool) {
    let many = Many::new(&pool).await;
    many.join(rosa(), "rosa", "rosa@acme.example").await;
    // Within the first minute its keys are believed; only then is a new key requested.
    many.acme.change_key();
    let answer = many.come_in(&mut many.site.browser(), rosa()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(many.acme.asked("keys"), 1, "whoever sends odd tokens cannot make us ask");
    let Many { site, acme, .. } = many;
    let mut browser = site.browser();
    let way = way_out(&browser.post("/auth/acme", &[]).await);
    let back = acme.approve(&way, rosa());
    drop(acme);
    let answer = come_back(&mut browser, &back).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
    assert!(path_of(&back).starts_with("/auth/acme/callback?"));
}

#[sqlx::test]
async fn an_unreachable_issuer_is_reported_without_an_authorization_request(pool: PgPool) {
    let Many { site, other, .. } = Many::new(&pool).await;
    drop(other);
    let answer = site.browser().post("/auth/other", &[]).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, "Other doesn’t answer properly");
    assert_eq!(site.count("select count(*) from authorization_requests").await, 0);
}

#[sqlx::test]
async fn concurrent_requests_share_one_wait_for_a_silent_issuer(pool: PgPool) {
    let Many { site, acme, .. } = Many::new(&pool).await;
    acme.hang();
    let begun = std::time::Instant::now();
    let waiting = (0..5).map(|n| {
        let mut browser = site.browser().at(&format!("198.51.100.{n}"));
        tokio::spawn(async move { browser.post("/auth/acme", &[]).await })
    });
    for answer in waiting.collect::<Vec<_>>() {
        assert_said(&answer.await.unwrap(), StatusCode::SERVICE_UNAVAILABLE, DOWN);
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[sqlx::test]
async fn refetches_changed_issuer_keys_at_most_once_a_minute(pool: PgPool) {
    let many = Many::new(&pool).await;
    many.join(rosa(), "rosa", "rosa@acme.example").await;
    assert_eq!((many.acme.asked("discovery"), many.acme.asked("keys")), (1, 1));
    many.acme.change_key();
    // The keys were fetched just now: invalid tokens cannot make us fetch them as often as the sender likes.
    let answer = many.come_in(&mut many.site.browser(), rosa()).await;
    assert_said(&answer, StatusCode::SERVICE_UNAVAILABLE, DOWN);
    assert_eq!(many.acme.asked("keys"), 1);
    let provider = many.site.server.providers().find("acme").unwrap();
    provider.age_for_test(std::time::Duration::from_secs(61)).await;
    let mut browser = many.site.browser();
    assert_eq!(many.come_in(&mut browser, rosa()).await.location(), "/", "a minute later they are new");
    assert_eq!(browser.who().await.as_deref(), Some("rosa"));
    assert_eq!((many.acme.asked("discovery"), many.acme.asked("keys")), (2, 2), "asked once more, and no more often");
    assert_eq!(many.come_in(&mut many.site.browser(), rosa()).await.location(), "/");
    assert_eq!(many.acme.asked("keys"), 2);
}
