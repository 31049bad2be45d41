//! Pictures from GitHub: copied in the background, within limits, from there and nowhere else.

use std::time::Duration;

use server::identity::avatars;
use sqlx::PgPool;
use stand_in_github::{Endpoint, Mode, Picture, StandIn, cast};

use crate::tests::Site;

async fn at(pool: &PgPool, github: &StandIn) -> Site {
    drop(Site::with_cast(pool).await);
    Site::with(pool, &[("KITH_GITHUB_URL", &github.url)])
}

async fn wish(site: &Site, username: &str, url: &str) {
    let user = server::accounts::find(&site.server, username).await.unwrap();
    let mut tx = site.server.begin().await.unwrap();
    avatars::wish(&mut tx, user, url).await.unwrap();
    tx.commit().await.unwrap();
}

/// Runs the due jobs, and returns the number of jobs that wait for a retry.
async fn work(site: &Site) -> i64 {
    while server::worker::run_due(&site.server).await.unwrap() > 0 {}
    site.count("select count(*) from jobs where kind = 'picture'").await
}

fn mona(github: &StandIn) -> String {
    format!("{}/avatars/u/{}?v=4", github.url, cast::MONA)
}

#[sqlx::test]
async fn copies_an_avatar_in_the_background_and_serves_it_locally(pool: PgPool) {
    let github = StandIn::start().await;
    let site = at(&pool, &github).await;
    wish(&site, "alan", &mona(&github)).await;
    assert_eq!((github.asked(Endpoint::Avatar), site.picture_of("alan").await), (0, None), "nobody waits for it");
    assert_eq!(work(&site).await, 0);
    let id = site.picture_of("alan").await.unwrap();
    github.everywhere(&Mode::Down);
    github.forget_requests();
    assert!(site.browser().get("/@alan").await.body.contains(&format!("/avatars/{id}.400")));
    assert!(site.browser().get(&format!("/avatars/{id}.400")).await.status.is_success());
    assert_eq!(github.asked(Endpoint::Avatar), 0, "no page asks there");
    // The same again changes nothing.
    github.recover();
    wish(&site, "alan", &mona(&github)).await;
    assert_eq!((work(&site).await, site.picture_of("alan").await, site.pictures().await), (0, Some(id), 1));
}

#[sqlx::test]
async fn a_copied_avatar_does_not_replace_a_later_choice(pool: PgPool) {
    let github = StandIn::start().await;
    let site = at(&pool, &github).await;
    wish(&site, "alan", &mona(&github)).await;
    let own = site.picture("alan", 9).await;
    assert_eq!((work(&site).await, site.picture_of("alan").await, site.pictures().await), (0, Some(own), 1));
    wish(&site, "alan", &mona(&github)).await;
    site.sql("update users set avatar = null where username = 'alan'").await;
    assert_eq!((work(&site).await, site.picture_of("alan").await), (0, None), "taken away is a choice too");
}

// H40, H42.
#[sqlx::test]
async fn drops_unsuitable_avatars_without_a_retry(pool: PgPool) {
    let github = StandIn::start().await;
    let site = at(&pool, &github).await;
    let pictures =
        [Picture::HugeDimensions, Picture::Svg, Picture::Truncated, Picture::AnimatedGif, Picture::TenMegabytes];
    let answers = pictures.map(Mode::Picture).into_iter().chain([
        Mode::Html,
        Mode::Huge,
        Mode::TruncatedJson,
        Mode::Json(serde_json::json!({})),
        Mode::BadCredentials,
    ]);
    for mode in answers {
        github.next_answer(Endpoint::Avatar, mode.clone());
        wish(&site, "alan", &mona(&github)).await;
        assert_eq!((work(&site).await, site.picture_of("alan").await), (0, None), "{mode:?}");
    }
    wish(&site, "alan", &format!("{}/avatars/u/4040404", github.url)).await;
    assert_eq!((work(&site).await, site.picture_of("alan").await), (0, None));
    github.next_answer(Endpoint::Avatar, Mode::Picture(Picture::Polyglot));
    wish(&site, "alan", &mona(&github)).await;
    assert_eq!(work(&site).await, 0);
    let id = site.picture_of("alan").await.unwrap();
    assert!(!site.browser().get(&format!("/avatars/{id}.400")).await.body.contains("<script"));
}

#[sqlx::test]
async fn follows_no_redirect_and_fetches_from_no_other_host(pool: PgPool) {
    let (github, elsewhere) = (StandIn::start().await, StandIn::start().await);
    let site = at(&pool, &github).await;
    let there = mona(&elsewhere);
    github.next_answer(Endpoint::Avatar, Mode::Redirect(there.clone()));
    wish(&site, "alan", &mona(&github)).await;
    assert_eq!((work(&site).await, site.picture_of("alan").await), (0, None));
    for url in [there.as_str(), "https://avatars.githubusercontent.com/u/1", "file:///etc/passwd", "nonsense", ""] {
        wish(&site, "alan", url).await;
        assert_eq!((work(&site).await, site.picture_of("alan").await), (0, None), "{url}");
    }
    assert_eq!((github.asked(Endpoint::Avatar), elsewhere.requests().len()), (1, 0));
}

// F06.
#[sqlx::test]
async fn retries_a_copy_after_a_temporary_failure(pool: PgPool) {
    let github = StandIn::start().await;
    let site = at(&pool, &github).await;
    wish(&site, "alan", &mona(&github)).await;
    for mode in [Mode::Down, Mode::ServerError, Mode::CutOff, Mode::SecondaryLimit { status: 429, retry_after: 9 }] {
        github.next_answer(Endpoint::Avatar, mode.clone());
        assert_eq!((work(&site).await, site.picture_of("alan").await), (1, None), "{mode:?}");
        site.sql("update jobs set run_at = now()").await;
    }
    let why: String = sqlx::query_scalar("select last_error from jobs").fetch_one(&pool).await.unwrap();
    assert!(!why.contains("/avatars/u/"), "the log does not say who they are there: {why}");
    assert_eq!(work(&site).await, 0);
    assert!(site.picture_of("alan").await.is_some());
}

// F07.
#[sqlx::test]
async fn a_slow_avatar_download_is_aborted_and_retried(pool: PgPool) {
    let github = StandIn::start().await;
    let site = at(&pool, &github).await;
    github.next_answer(Endpoint::Avatar, Mode::SlowDrip);
    wish(&site, "alan", &mona(&github)).await;
    let begun = std::time::Instant::now();
    assert_eq!(work(&site).await, 1);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}
