//! Several at once: one wins, and no user is left with two accounts, or none.

use std::collections::BTreeSet;

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::cast;
use tokio::task::JoinSet;

use super::{
    World,
    world::{ACME, choose, come_back},
};
use crate::tests::{Answer, Browser};

/// Does the same in several browsers at once.
async fn at_once<F: Future<Output = Answer> + Send + 'static>(all: impl IntoIterator<Item = F>) -> Vec<Answer> {
    let mut set = JoinSet::new();
    all.into_iter().for_each(|one| drop(set.spawn(one)));
    set.join_all().await
}

fn led_to(answers: &[Answer], path: &str) -> usize {
    answers.iter().filter(|answer| answer.location() == path).count()
}

// H24.
#[sqlx::test]
async fn an_identity_is_linked_once_when_two_users_link_concurrently(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let (mut alan, mut barbara) = (world.site.signed_in("alan").await, world.site.signed_in("barbara").await);
    let mut winners = BTreeSet::new();
    for round in 0..200 {
        world.site.sql("delete from identities; delete from limits").await;
        let mut ways = Vec::new();
        for browser in [&mut alan, &mut barbara] {
            let url = world.leave(browser, "/settings/connections/github/link", &[]).await;
            ways.push((browser.clone(), world.github.approve(&url, cast::MONA)));
        }
        let answers =
            at_once(ways.into_iter().map(|(mut browser, back)| async move { come_back(&mut browser, &back).await }))
                .await;
        assert_eq!(led_to(&answers, "/settings/connections"), 1, "round {round}");
        assert!(
            answers.iter().any(|a| a.status == StatusCode::CONFLICT && a.body.contains("already linked")),
            "{round}"
        );
        winners.insert(world.owner(cast::MONA).await.unwrap());
    }
    assert!(!winners.is_empty());
}

// H24.
#[sqlx::test]
async fn concurrent_sign_ups_with_one_identity_create_one_account(pool: PgPool) {
    let world = World::new(&pool).await;
    for round in 0..200 {
        world
            .site
            .sql("delete from users; delete from pending_oauth_sign_ups; delete from limits; delete from sessions")
            .await;
        let mut browsers = [world.browser(), world.browser()];
        for browser in &mut browsers {
            assert_eq!(world.come_in(browser, cast::MONA).await.location(), "/sign-up/provider");
        }
        let names = ["mona", "mona_two"];
        // Also each twice, as by a double click.
        let answers = at_once((0..4).map(|n| {
            let mut browser = browsers[n % 2].clone();
            async move { choose(&mut browser, names[n % 2], "mona@example.org").await }
        }))
        .await;
        assert_eq!(led_to(&answers, "/"), 1, "round {round}");
        let rows = "select count(*) * 10 + (select count(*) from identities) from users";
        assert_eq!(world.site.count(rows).await, 11, "round {round}");
        assert_eq!(
            world.site.count("select count(*) from sessions where user_id is not null").await,
            1,
            "round {round}"
        );
        assert!(answers.iter().all(|answer| answer.status == StatusCode::SEE_OTHER), "round {round}");
    }
}

// H26.
#[sqlx::test]
async fn concurrently_unlinking_both_identities_leaves_one(pool: PgPool) {
    let world = World::with(&pool, &ACME).await;
    let mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    let give = format!(
        "delete from identities; delete from limits; delete from jobs; \
         insert into identities (user_id, provider, issuer, subject) select id, 'acme', 'https://acme.example', '1' from users; \
         insert into identities (user_id, provider, issuer, subject) select id, 'github', '{}', '1001' from users",
        world.github.url
    );
    for round in 0..200 {
        world.site.sql(&give).await;
        assert_eq!(world.site.count("select count(*) from identities").await, 2);
        let answers = at_once(["github", "acme"].map(|provider| {
            let mut browser: Browser = mona.clone();
            async move { browser.post(&format!("/settings/connections/{provider}/unlink"), &[]).await }
        }))
        .await;
        assert_eq!(led_to(&answers, "/settings/connections"), 1, "round {round}");
        assert!(answers.iter().any(|answer| answer.status == StatusCode::UNPROCESSABLE_ENTITY), "round {round}");
        assert_eq!(world.site.count("select count(*) from identities").await, 1, "round {round}");
    }
}

// H26.
#[sqlx::test]
async fn concurrent_removal_of_password_and_identity_leaves_one(pool: PgPool) {
    let world = World::new(&pool).await;
    let mona = world.join(cast::MONA, "mona", "mona@example.org").await;
    let give = format!(
        "delete from limits; delete from jobs; \
         insert into passwords (user_id, hash) select id, 'x' from users on conflict do nothing; \
         insert into identities (user_id, provider, issuer, subject) select id, 'github', '{}', '1001' from users \
         on conflict do nothing",
        world.github.url
    );
    for round in 0..200 {
        world.site.sql(&give).await;
        let ways = "select (select count(*) from identities) + (select count(*) from passwords)";
        assert_eq!(world.site.count(ways).await, 2);
        let answers =
            at_once(["/settings/connections/github/unlink", "/settings/security/password/remove"].map(|path| {
                let mut browser: Browser = mona.clone();
                async move { browser.post(path, &[]).await }
            }))
            .await;
        let refused = answers.iter().filter(|answer| answer.status == StatusCode::UNPROCESSABLE_ENTITY).count();
        assert_eq!((refused, world.site.count(ways).await), (1, 1), "round {round}");
    }
}

// H24.
#[sqlx::test]
async fn concurrently_linking_two_identities_of_a_provider_links_one(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut alan = world.site.signed_in("alan").await;
    for round in 0..200 {
        world.site.sql("delete from identities; delete from limits; delete from jobs").await;
        let mut ways = Vec::new();
        for person in [cast::MONA, cast::TOVE] {
            let url = world.leave(&mut alan, "/settings/connections/github/link", &[]).await;
            ways.push((alan.clone(), world.github.approve(&url, person)));
        }
        let answers =
            at_once(ways.into_iter().map(|(mut browser, back)| async move { come_back(&mut browser, &back).await }))
                .await;
        assert_eq!(led_to(&answers, "/settings/connections"), 1, "round {round}");
        let refused =
            answers.iter().filter(|a| a.status == StatusCode::CONFLICT && a.body.contains("Another GitHub account"));
        assert_eq!(refused.count(), 1, "round {round}");
        assert_eq!(world.site.count("select count(*) from identities").await, 1, "round {round}");
    }
}
