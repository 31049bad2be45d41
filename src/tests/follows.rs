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
