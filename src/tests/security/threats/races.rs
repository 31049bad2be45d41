//! Many at the same moment: one row, one count, one winner, and the others get an error. (One-time secrets are in
//! `one_time`.)

use http::StatusCode;
use sqlx::PgPool;

use super::{NEW, Site, ask_to_join};

// H23.
#[sqlx::test]
async fn losers_of_a_username_race_choose_another_name(pool: PgPool) {
    let site = Site::new(&pool);
    // Three browsers want one name, with addresses of their own.
    let mut browsers = Vec::new();
    for n in 0..3 {
        let mut browser = site.browser().at(&format!("198.51.100.{n}"));
        let code = ask_to_join(&site, &mut browser, (&format!("p{n}@kith.example"), "wanted_name", NEW)).await;
        browsers.push((browser, code));
    }
    let mut tasks = Vec::new();
    for (mut browser, code) in browsers {
        tasks.push(tokio::spawn(async move {
            let answer = browser.post("/sign-up/verify", &[("code", &code)]).await;
            (browser, answer.location().to_owned())
        }));
    }
    let mut losers = Vec::new();
    for task in tasks {
        let (browser, location) = task.await.unwrap();
        if location != "/" {
            assert_eq!(location, "/sign-up/finish");
            losers.push(browser);
        }
    }
    assert_eq!(losers.len(), 2);
    // A loser keeps the address just verified and picks another name.
    let mut loser = losers.remove(0);
    let page = loser.get("/sign-up/finish").await;
    assert!(page.body.contains("Someone else has just taken that name"), "{}", page.body);
    let again = loser.post("/sign-up/finish", &[("username", "wanted_name")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(loser.post("/sign-up/finish", &[("username", "another_name")]).await.location(), "/");
    assert_eq!(loser.who().await.as_deref(), Some("another_name"));
}

/// Sends the sign-up codes of fifty browsers at once. Returns the number of redirects to each page.
async fn fifty(site: &Site, wish: impl Fn(usize) -> (String, String)) -> Vec<String> {
    let mut browsers = Vec::new();
    for n in 0..50 {
        let mut browser = site.browser().at(&format!("198.51.100.{n}"));
        let (email, username) = wish(n);
        let code = ask_to_join(site, &mut browser, (&email, &username, NEW)).await;
        browsers.push((browser, code));
        site.reset_limits().await;
    }
    let tasks = browsers.into_iter().map(|(mut browser, code)| {
        tokio::spawn(async move {
            let answer = browser.post("/sign-up/verify", &[("code", &code)]).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
            format!("{} {}", answer.location(), answer.flash())
        })
    });
    let mut led = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        led.push(task.await.unwrap());
    }
    led
}

// H23.
#[sqlx::test]
async fn concurrent_sign_ups_with_one_address_create_one_account(pool: PgPool) {
    let site = Site::new(&pool);
    let led =
        fifty(&site, |n| (["new@kith.example", "NEW@kith.example"][n % 2].to_owned(), format!("person_{n}"))).await;
    assert_eq!(led.iter().filter(|place| place.starts_with("/ ")).count(), 1, "{led:?}");
    assert_eq!(led.iter().filter(|place| place.ends_with("have-account")).count(), 49, "{led:?}");
    let one = "select count(*) * 100 + (select count(*) from sessions where user_id is not null) * 10
        + (select count(*) from passwords) from users";
    assert_eq!(site.count(one).await, 111);
}

// H23.
#[sqlx::test]
async fn concurrent_sign_ups_with_one_username_create_one_account(pool: PgPool) {
    let site = Site::new(&pool);
    let name = |n: usize| ["wanted", "Wanted", "@WANTED"][n % 3].to_owned();
    let led = fifty(&site, |n| (format!("p{n}@kith.example"), name(n))).await;
    assert_eq!(led.iter().filter(|place| place.starts_with("/ ")).count(), 1, "{led:?}");
    assert_eq!(led.iter().filter(|place| place.starts_with("/sign-up/finish")).count(), 49, "{led:?}");
    assert_eq!(site.count("select count(*) from users").await, 1);
}

// H25.
#[sqlx::test]
async fn like_counts_match_rows_after_concurrent_likes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "popular").await;
    let people = ["ada", "grace", "edsger", "barbara"];
    let mut browsers = Vec::new();
    for name in people {
        browsers.push(site.signed_in(name).await);
    }
    let storm: Vec<_> = (0..200)
        .map(|n| {
            let mut browser = browsers[n % 4].clone();
            let like = if (n / 4) % 3 == 0 { "false" } else { "true" };
            tokio::spawn(async move { browser.post(&format!("/posts/{post}/like"), &[("like", like)]).await.status })
        })
        .collect();
    for task in storm {
        assert_eq!(task.await.unwrap(), StatusCode::SEE_OTHER);
    }
    assert_eq!(site.count(WRONG_LIKES).await, 0);
}

// H25.
#[sqlx::test]
async fn concurrent_mutual_follows_all_succeed(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let names = ["ada", "grace", "alan", "edsger", "barbara"];
    let mut browsers = Vec::new();
    for name in names {
        browsers.push(site.signed_in(name).await);
    }
    for round in 0..8 {
        let storm: Vec<_> = (0..25)
            .filter(|n| n / 5 != n % 5)
            .map(|n| {
                let mut browser = browsers[n / 5].clone();
                let follow = if (n + round) % 4 == 0 { "false" } else { "true" };
                tokio::spawn(async move {
                    browser.post(&format!("/@{}/follow", names[n % 5]), &[("follow", follow)]).await.status
                })
            })
            .collect();
        for task in storm {
            assert_eq!(task.await.unwrap(), StatusCode::SEE_OTHER);
        }
        assert_eq!(site.count(WRONG_FOLLOWS).await, 0, "round {round}");
    }
}

const WRONG_LIKES: &str =
    "select count(*) from posts p where like_count <> (select count(*) from likes l where l.post_id = p.id)";
const WRONG_FOLLOWS: &str = "select count(*) from profile_counts c where
    followers <> (select count(*) from follows f where f.followee_id = c.user_id)
    or following <> (select count(*) from follows f where f.follower_id = c.user_id)";
