//! Sessions that come from OAuth sign-in are like all others: a fresh id each time, nothing half done, and they end
//! with the events that end the others.

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::cast;

use super::{World, world::come_back};
use crate::tests::{Answer, Browser, PASSWORD};

/// Every path with GitHub that ends in a session.
const WAYS: [&str; 5] = ["back", "join", "prove by password", "prove by code", "elevate"];

/// The last step of a path.
enum Last {
    Back(String),
    Send(&'static str, Vec<(&'static str, String)>),
}

impl Last {
    async fn step(&self, browser: &mut Browser) -> Answer {
        match self {
            Self::Back(url) => come_back(browser, url).await,
            Self::Send(path, fields) => {
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                browser.post(path, &fields).await
            }
        }
    }
}

/// The cast, and mona with an account that only GitHub opens.
async fn world(pool: &PgPool) -> World {
    let world = World::with_cast(pool).await;
    world.join(cast::MONA, "mona", "mona@example.org").await;
    world
}

/// Takes a browser to the last step of a path.
async fn about_to(world: &World, browser: &mut Browser, way: &str) -> Last {
    world
        .site
        .sql("delete from limits; delete from identities where subject <> '1001'; delete from pending_oauth_sign_ups")
        .await;
    world.site.sql("delete from users where username = 'tove'").await;
    let arrive = async |browser: &mut Browser, person| {
        assert_eq!(world.come_in(browser, person).await.location(), "/sign-up/provider", "{way}");
    };
    match way {
        "back" => Last::Back(world.github.approve(&world.set_out(browser).await, cast::MONA)),
        "elevate" => {
            let url = world.leave(browser, "/elevate/with/github", &[("next", "/")]).await;
            Last::Back(world.github.approve(&url, cast::MONA))
        }
        "join" => {
            arrive(browser, cast::TOVE).await;
            let fields = [("username", "tove"), ("display_name", ""), ("email", "tove@example.org")];
            Last::Send("/sign-up/provider", fields.map(|(name, value)| (name, value.to_owned())).to_vec())
        }
        "prove by password" => {
            arrive(browser, cast::ADA).await;
            Last::Send("/sign-up/provider/password", vec![("password", PASSWORD.to_owned())])
        }
        _ => {
            arrive(browser, cast::ADA).await;
            browser.post("/sign-up/provider/send", &[("email", "ada@kith.example")]).await;
            let code = world.site.code_to("ada@kith.example").await;
            Last::Send("/sign-up/provider/code", vec![("code", code)])
        }
    }
}

/// The session before the path: mona elevates, and in all other cases another user signs in at barbara's browser.
async fn before(world: &World, way: &str) -> (Browser, &'static str) {
    world.site.sql("delete from limits; delete from sessions").await;
    let mut browser = world.browser();
    if way != "elevate" {
        browser.sign_in("barbara").await;
        return (browser, "barbara");
    }
    world.come_in(&mut browser, cast::MONA).await;
    (browser, "mona")
}

// M02.
#[sqlx::test]
async fn every_oauth_path_creates_a_session_and_revokes_the_old(pool: PgPool) {
    let world = world(&pool).await;
    for way in WAYS {
        let (mut browser, _) = before(&world, way).await;
        let last = about_to(&world, &mut browser, way).await;
        let mut old = browser.clone();
        let answer = last.step(&mut browser).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{way}: {}", answer.body);
        assert_ne!(browser.session(), old.session(), "{way}");
        assert_eq!(old.who().await, None, "{way}: the session before is over");
        let expected = if way == "join" {
            "tove"
        } else if way.starts_with("prove") {
            "ada"
        } else {
            "mona"
        };
        assert_eq!(browser.who().await.as_deref(), Some(expected), "{way}");
        assert_eq!(world.site.count("select count(*) from sessions").await, 1, "{way}");
    }
}

// M02.
#[sqlx::test]
async fn an_oauth_path_that_fails_halfway_changes_nothing(pool: PgPool) {
    let world = world(&pool).await;
    for way in WAYS {
        let (mut browser, who) = before(&world, way).await;
        let last = about_to(&world, &mut browser, way).await;
        let rows = "select (select count(*) from users) * 1000 + (select count(*) from identities) * 10
            + (select count(*) from sessions where user_id is not null)";
        let state = world.site.count(rows).await;
        break_half_way(&world).await;
        let answer = last.step(&mut browser).await;
        world.site.sql("drop function no cascade").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{way}");
        assert_eq!(browser.who().await.as_deref(), Some(who), "{way}");
        assert_eq!(world.site.count(rows).await, state, "{way}");
    }
}

// M20.
#[sqlx::test]
async fn linking_and_unlinking_are_atomic(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    let url = world.leave(&mut alan, "/settings/connections/github/link", &[]).await;
    let back = world.github.approve(&url, cast::MONA);
    break_half_way(&world).await;
    assert_eq!(come_back(&mut alan, &back).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.owner(cast::MONA).await, None);
    world.site.sql("drop function no cascade").await;
    assert_eq!(world.link(&mut alan, cast::MONA).await.location(), "/settings/connections");
    let mut other = world.browser();
    world.come_in(&mut other, cast::MONA).await;
    break_half_way(&world).await;
    let answer = alan.post("/settings/connections/github/unlink", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    world.site.sql("drop function no cascade").await;
    assert_eq!(world.owner(cast::MONA).await.as_deref(), Some("alan"));
    assert_eq!(other.who().await.as_deref(), Some("alan"), "nor are sessions ended for nothing");
}

/// Makes every write of an audit row or a mail fail from now on.
async fn break_half_way(world: &World) {
    world
        .site
        .sql(
            "create function no() returns trigger language plpgsql as 'begin raise exception ''broken''; end';
             create trigger no before insert on audit_events for each row execute function no();
             create trigger no before insert on jobs for each row execute function no()",
        )
        .await;
}

// H30.
#[sqlx::test]
async fn planted_session_ids_open_nothing_after_an_oauth_sign_in(pool: PgPool) {
    let world = world(&pool).await;
    for way in &WAYS[..4] {
        world.site.reset_limits().await;
        let of_another = world.site.signed_in("barbara").await.session().unwrap().clone();
        for (name, planted) in [("invented", "A".repeat(22)), ("another's", of_another)] {
            let mut victim = world.browser();
            let last = about_to(&world, &mut victim, way).await;
            victim.cookies.insert("__Host-id".to_owned(), planted.clone());
            let answer = last.step(&mut victim).await;
            assert_eq!(answer.location(), "/", "{way}: {}", answer.body);
            assert!(victim.who().await.is_some() && victim.session() != Some(&planted), "{way}, {name}");
            let mut attacker = world.browser();
            attacker.cookies.insert("__Host-id".to_owned(), planted);
            assert_eq!(attacker.who().await, None, "{way}, {name}");
        }
    }
}

// H15.
#[sqlx::test]
async fn pending_sign_ups_do_not_reveal_registered_email_addresses(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut seen = Vec::new();
    for address in ["grace@kith.example", "nobody@kith.example"] {
        let mut mallory = world.browser();
        world.come_in(&mut mallory, cast::MALLORY).await;
        let sent = mallory.post("/sign-up/provider/send", &[("email", address)]).await;
        let page = mallory.get("/sign-up/provider/code").await;
        let wrong = mallory.post("/sign-up/provider/code", &[("code", "123456")]).await;
        let words = [&page.body, &wrong.body].map(|body| body.replace(address, "somebody@kith.example"));
        seen.push((sent.status, sent.location().to_owned(), page.status, wrong.status, words));
        // Both get a mail, and only the mail says more.
        assert!(world.site.mail_to(address).await.is_some());
    }
    assert_eq!(seen[0], seen[1]);
    // The limit of mails to one address is also the same for both.
    let mut ends = Vec::new();
    for address in ["grace@kith.example", "nobody@kith.example"] {
        let mut last = Vec::new();
        for n in 0..6 {
            let mut mallory = world.browser().at(&format!("198.51.100.{n}"));
            world.come_in(&mut mallory, cast::MALLORY).await;
            last.push(mallory.post("/sign-up/provider/send", &[("email", address)]).await.status);
        }
        ends.push(last);
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0][5], StatusCode::TOO_MANY_REQUESTS);
}
