//! Following: true once, never oneself, and counts are always the rows.

use http::StatusCode;
use sqlx::PgPool;

use super::Site;

const WRONG: &str = "select count(*) from profile_counts c where
    followers <> (select count(*) from follows f where f.followee_id = c.user_id)
    or following <> (select count(*) from follows f where f.follower_id = c.user_id)";

#[sqlx::test]
async fn a_follow_is_there_once_and_can_be_taken_back(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("barbara").await;
    for (follow, count) in [("true", 1), ("true", 1), ("false", 0), ("false", 0)] {
        let answer = browser.post("/@alan/follow", &[("follow", follow), ("next", "/@alan")]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/@alan"), "{}", answer.body);
        assert_eq!(site.count("select sum(followers)::bigint from profile_counts").await, count);
        assert_eq!(site.count(WRONG).await, 0);
    }
    assert!(browser.post("/@barbara/follow", &[("follow", "true")]).await.status.is_client_error());
    assert_eq!(browser.post("/@nobody_here/follow", &[("follow", "true")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.count("select count(*) from follows").await, 0);
}

#[sqlx::test]
async fn h25_people_who_follow_each_other_at_once_all_succeed(pool: PgPool) {
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
        assert_eq!(site.count(WRONG).await, 0, "round {round}");
    }
}
