//! The first sign-in of a GitHub user without an account here.

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::{Endpoint, Mode, cast};

use super::{
    World,
    world::{choose, come_back},
};

#[sqlx::test]
async fn a_new_github_user_signs_up_with_a_chosen_username(pool: PgPool) {
    let world = World::new(&pool).await;
    let site = &world.site;
    let mut browser = world.browser();
    for page in ["/sign-in", "/sign-up"] {
        let page = browser.get(page).await.body;
        assert!(page.contains("Continue with GitHub") && page.contains("action=\"/auth/github\""), "{page}");
    }
    let answer = world.come_in(&mut browser, cast::MONA).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-up/provider"));
    assert_eq!(site.count("select (select count(*) from users) + (select count(*) from sessions)").await, 0);

    let page = browser.get("/sign-up/provider").await.body;
    for shown in ["value=\"mona\"", "value=\"Mona Holm\"", "mona@example.org", "mona at GitHub"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let answer = choose(&mut browser, "mona", "mona@example.org").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{}", answer.body);
    assert_eq!(browser.who().await.as_deref(), Some("mona"));
    assert!(!browser.cookies.contains_key("__Host-oauth"), "the way is over");
    assert_eq!(world.owner(cast::MONA).await.as_deref(), Some("mona"));
    let left = "select (select count(*) from pending_oauth_sign_ups) + (select count(*) from authorization_requests) + (select count(*) from passwords)";
    assert_eq!(site.count(left).await, 0);
    assert!(browser.get("/settings/devices").await.body.contains("with GitHub"));
    assert_eq!((world.events("signed_up").await, world.events("signed_in").await), (1, 1));
    assert_eq!(browser.get("/sign-up/provider").await.location(), "/sign-in", "nobody waits any more");
}

#[sqlx::test]
async fn requests_only_needed_scopes_and_stores_no_oauth_secrets(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut browser = world.browser();
    let url = world.set_out(&mut browser).await;
    for part in [
        "scope=read%3Auser+user%3Aemail",
        "code_challenge_method=S256",
        "redirect_uri=https%3A%2F%2Fkith.example%2Fauth%2Fgithub%2Fcallback",
    ] {
        assert!(url.contains(part), "{part} in {url}");
    }
    assert_eq!(world.github.requests(), [], "nobody is asked before the browser is there");
    let back = world.github.approve(&url, cast::MONA);
    let value = |name: &str| {
        let rest = back.split(&format!("{name}=")).nth(1).unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    let secrets = [value("code"), value("state"), browser.cookies["__Host-oauth"].clone(), "gho_".to_owned()];
    assert_no_table_holds(&world, &secrets).await;
    come_back(&mut browser, &back).await;
    assert_no_table_holds(&world, &secrets).await;
    choose(&mut browser, "mona", "mona@example.org").await;
    assert_no_table_holds(&world, &secrets).await;
    let asked: Vec<_> = world.github.requests().iter().filter_map(|seen| seen.endpoint).collect();
    assert_eq!(asked.iter().filter(|endpoint| **endpoint == Endpoint::Token).count(), 1);
    let told = |endpoint| world.github.requests().into_iter().find(|seen| seen.endpoint == Some(endpoint)).unwrap();
    assert_eq!(told(Endpoint::Token).field("redirect_uri"), "https://kith.example/auth/github/callback");
    assert_eq!(told(Endpoint::User).header("authorization"), "Bearer …");
}

async fn assert_no_table_holds(world: &World, secrets: &[String]) {
    let db = world.site.server.db();
    let tables: Vec<String> = sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public'")
        .fetch_all(db)
        .await
        .unwrap();
    for table in tables {
        let text: String = sqlx::query_scalar(&format!("select coalesce(string_agg(t::text, ' '), '') from {table} t"))
            .fetch_one(db)
            .await
            .unwrap();
        for secret in secrets {
            assert!(!text.contains(secret), "{table} holds {secret}");
        }
    }
}

#[sqlx::test]
async fn offers_verified_addresses_and_refuses_all_others(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut browser = world.browser();
    world.come_in(&mut browser, cast::TOVE).await;
    let page = browser.get("/sign-up/provider").await.body;
    let first = page.find("value=\"tove@example.org\"").expect("the primary one");
    assert!(first < page.find("value=\"tove@work.example\"").unwrap() && page.contains("t.berg@school.example"));
    assert!(!page.contains("tove@old.example") && !page.contains("noreply"), "{page}");
    for wrong in ["tove@old.example", "1002+tove@users.noreply.github.com", "grace@kith.example", "", "x"] {
        let answer = choose(&mut browser, "tove", wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.body.contains("value=\"tove@work.example\""), "the choice is there again");
    }
    assert_eq!(world.site.count("select count(*) from users").await, 0);
    assert_eq!(choose(&mut browser, "tove", "t.berg@school.example").await.location(), "/");
    let email: String = sqlx::query_scalar("select email from users").fetch_one(&pool).await.unwrap();
    assert_eq!(email, "t.berg@school.example");
}

// F08.
#[sqlx::test]
async fn users_without_a_verified_address_verify_one_at_sign_up(pool: PgPool) {
    let world = World::new(&pool).await;
    for (person, username) in [(cast::ULF, "ulf"), (cast::NILS, "nils"), (cast::NORA, "nora"), (cast::DAN, "dan")] {
        world.site.reset_limits().await;
        let mut browser = world.browser();
        world.come_in(&mut browser, person).await;
        let page = browser.get("/sign-up/provider").await.body;
        assert!(page.contains("told us none that it has verified"), "{username}: {page}");
        let unproved = choose(&mut browser, username, &format!("{username}@example.org")).await;
        assert!(unproved.status == StatusCode::UNPROCESSABLE_ENTITY, "{username}: {}", unproved.status);
        let email = format!("{username}@home.example");
        let answer = browser.post("/sign-up/provider/send", &[("email", &email)]).await;
        assert_eq!(answer.location(), "/sign-up/provider/code", "{}", answer.body);
        assert_eq!(
            world.site.count("select count(*) from users where username = 'ulf'").await,
            i64::from(username != "ulf")
        );
        let wrong = browser.post("/sign-up/provider/code", &[("code", "000000")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let code = world.site.code_to(&email).await;
        let answer = browser.post("/sign-up/provider/code", &[("code", &code)]).await;
        assert_eq!(answer.location(), "/sign-up/provider?restarted=true", "{}", answer.body);
        assert!(browser.get("/sign-up/provider").await.body.contains(&email));
        assert_eq!(choose(&mut browser, username, &email).await.location(), "/");
        assert_eq!(world.owner(person).await.as_deref(), Some(username));
    }
}

#[sqlx::test]
async fn suggests_a_valid_username_for_an_unavailable_or_invalid_one(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut browser = world.browser();
    world.come_in(&mut browser, cast::ALAN).await;
    let page = browser.get("/sign-up/provider").await.body;
    assert!(!page.contains("value=\"alan\"") && page.contains("These are free: @"), "{page}");
    let taken = choose(&mut browser, "alan", "alan@moss.example").await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("value=\"alan\""), "what was typed is there again");
    assert_eq!(choose(&mut browser, "alan_moss", "alan@moss.example").await.location(), "/");

    let mut odd = world.browser();
    world.come_in(&mut odd, cast::ODD).await;
    let page = odd.get("/sign-up/provider").await.body;
    assert!(!page.contains("<b>Odd") && page.contains("value=\"admin_of_everything_wit"), "{page}");
    assert_eq!(choose(&mut odd, "odd_one", "odd@example.org").await.location(), "/");
}

#[sqlx::test]
async fn reads_all_pages_of_addresses_and_preselects_the_primary_one(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut browser = world.browser();
    world.come_in(&mut browser, cast::PAT).await;
    let page = browser.get("/sign-up/provider").await.body;
    assert!(page.contains("value=\"pat@example.org\" checked"), "{page}");
    assert_eq!(world.github.asked(Endpoint::Emails), 2);
}

#[sqlx::test]
async fn redirects_to_the_requested_page_only_within_the_site(pool: PgPool) {
    let world = World::new(&pool).await;
    for (next, expected) in [("/posts/new", "/posts/new"), ("//evil.example", "/"), ("https://evil.example", "/")] {
        world.site.sql("delete from users; delete from limits").await;
        let mut browser = world.browser();
        let url = world.leave(&mut browser, "/auth/github", &[("next", next)]).await;
        come_back(&mut browser, &world.github.approve(&url, cast::MONA)).await;
        assert_eq!(choose(&mut browser, "mona", "mona@example.org").await.location(), expected);
        let mut again = world.browser();
        let url = world.leave(&mut again, "/auth/github", &[("next", next)]).await;
        let back = come_back(&mut again, &world.github.approve(&url, cast::MONA)).await;
        assert_eq!(back.location(), expected);
    }
}

#[sqlx::test]
async fn a_pending_sign_up_belongs_to_one_browser_and_expires(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut browser = world.browser();
    world.come_in(&mut browser, cast::MONA).await;
    let mut other = world.browser();
    other.cookies.insert("__Host-oauth".to_owned(), browser.session().cloned().unwrap_or("A".repeat(43)));
    for stranger in [&mut world.browser(), &mut other] {
        assert_eq!(stranger.get("/sign-up/provider").await.location(), "/sign-in");
        assert_eq!(choose(stranger, "mona", "mona@example.org").await.location(), "/sign-in");
    }
    world.site.sql("update pending_oauth_sign_ups set expires_at = now() - interval '1 second'").await;
    assert_eq!(browser.get("/sign-up/provider").await.location(), "/sign-in");
    assert_eq!(choose(&mut browser, "mona", "mona@example.org").await.location(), "/sign-in");
    assert_eq!(world.site.count("select count(*) from users").await, 0);
}

// H01a.
#[sqlx::test]
async fn a_verified_address_wins_over_an_unverified_pending_sign_up(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut attacker = world.browser();
    let wish = [
        ("email", "mona@example.org"),
        ("username", "mona"),
        ("display_name", ""),
        ("password", "seven green umbrellas sing"),
    ];
    assert_eq!(attacker.post("/sign-up", &wish).await.location(), "/sign-up/verify");
    let code = world.site.code_to("mona@example.org").await;
    world.join(cast::MONA, "mona", "mona@example.org").await;
    assert_eq!(world.site.count("select count(*) from registrations").await, 0);
    // Even with the code there is nothing left to verify, and the attacker's password opens nothing.
    assert_eq!(attacker.post("/sign-up/verify", &[("code", &code)]).await.location(), "/sign-up");
    let answer = attacker.try_sign_in("mona@example.org", "seven green umbrellas sing").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.site.count("select count(*) from users").await, 1);
}

#[sqlx::test]
async fn an_address_registered_during_sign_up_requires_verification(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut browser = world.browser();
    world.come_in(&mut browser, cast::MONA).await;
    world
        .site
        .sql("insert into users (username, display_name, email) values ('quicker', '', 'Mona@example.org')")
        .await;
    let answer = choose(&mut browser, "mona", "mona@example.org").await;
    assert_eq!(answer.location(), "/sign-up/provider", "{}", answer.body);
    assert!(browser.get("/sign-up/provider").await.body.contains("You already have an account"));
    assert_eq!(world.owner(cast::MONA).await, None);
}

#[sqlx::test]
async fn the_avatar_is_copied_in_the_background_after_sign_up(pool: PgPool) {
    let world = World::new(&pool).await;
    world.github.always(Endpoint::Avatar, Mode::Down);
    world.join(cast::MONA, "mona", "mona@example.org").await;
    assert_eq!((world.github.asked(Endpoint::Avatar), world.site.picture_of("mona").await), (0, None));
    world.github.recover();
    while server::worker::run_due(&world.site.server).await.unwrap() > 0 {}
    let id = world.site.picture_of("mona").await.expect("a picture of ours");
    let page = world.browser().get("/@mona").await.body;
    assert!(page.contains(&format!("/avatars/{id}.")) && !page.contains(&world.github.url), "never from there");
}

#[sqlx::test]
async fn a_pending_sign_up_shows_its_avatar_fetched_once(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut browser = world.browser();
    assert_eq!(browser.get("/sign-up/provider/avatar").await.status, StatusCode::NOT_FOUND, "nobody arrives");
    world.come_in(&mut browser, cast::MONA).await;
    assert!(browser.get("/sign-up/provider").await.body.contains("src=\"/sign-up/provider/avatar\""));
    assert_eq!(world.github.asked(Endpoint::Avatar), 0, "no page waits for a picture");
    for _ in 0..3 {
        let face = browser.get("/sign-up/provider/avatar").await;
        assert_eq!((face.status, face.header("cache-control")), (StatusCode::OK, "no-store"));
        assert!(face.header("content-type").starts_with("image/"), "{}", face.header("content-type"));
    }
    assert_eq!(world.github.asked(Endpoint::Avatar), 1);
    assert_eq!(world.browser().get("/sign-up/provider/avatar").await.status, StatusCode::NOT_FOUND, "theirs alone");

    let mut unlucky = world.browser();
    world.come_in(&mut unlucky, cast::MONA).await;
    world.github.always(Endpoint::Avatar, Mode::Html);
    for _ in 0..2 {
        assert!(
            unlucky.get("/sign-up/provider/avatar").await.location().starts_with("/avatars/"),
            "one of ours instead"
        );
    }
    assert_eq!(world.github.asked(Endpoint::Avatar), 2, "asked once each");
}

#[sqlx::test]
async fn an_address_without_a_verified_flag_is_not_accepted(pool: PgPool) {
    let world = World::new(&pool).await;
    world.github.next_answer(Endpoint::Emails, Mode::Json(serde_json::json!([{"email": "mona@example.org"}])));
    let mut browser = world.browser();
    let answer = world.come_in(&mut browser, cast::MONA).await;
    assert_eq!(answer.location(), "/sign-up/provider");
    let page = browser.get("/sign-up/provider").await.body;
    assert!(!page.contains("mona@example.org"), "{page}");
    assert_eq!(world.site.count("select count(*) from users").await, 0);
}
