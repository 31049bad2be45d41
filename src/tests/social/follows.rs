//! Follows: idempotent, never of oneself, limited in number, and counts always equal the rows.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::Site;

const WRONG: &str = "select count(*) from profile_counts c where
    followers <> (select count(*) from follows f where f.followee_id = c.user_id)
    or following <> (select count(*) from follows f where f.follower_id = c.user_id)";

#[sqlx::test]
async fn follows_are_idempotent_and_can_be_undone(pool: PgPool) {
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
async fn users_follow_at_most_7_500_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "insert into users (username, email) select 'them' || n, 'them' || n || '@kith.example' from generate_series(1, 7499) n;
         insert into follows (follower_id, followee_id)
         select a.id, b.id from users a, users b where a.username = 'barbara' and b.username like 'them%'",
    )
    .await;
    let barbara = site.signed_in("barbara").await;
    let follow = async |whom: &str, yes: &str| {
        let fields = [("follow", yes), ("next", &format!("/@{whom}"))];
        barbara.clone().post(&format!("/@{whom}/follow"), &fields).await
    };
    let rows = "select count(*) from follows";
    // One place is left: of two at once one gets it.
    let (one, other) = tokio::join!(follow("ada", "true"), follow("grace", "true"));
    assert_eq!((site.count(rows).await, site.count(WRONG).await), (7_500, 0));
    let refused = if one.flash().is_empty() { other } else { one };
    assert_eq!((refused.status, refused.flash()), (StatusCode::SEE_OTHER, "follows-full"));
    let mut reader = barbara.clone();
    reader.keep(&refused);
    let page = reader.get(refused.location()).await.body;
    assert!(page.contains("7,500 people") && page.contains("Unfollow someone"), "{page}");
    let function = barbara.clone().post("/api/set_follow", &[("username", "alan"), ("follow", "true")]).await;
    assert_eq!((function.status, function.body.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "full"));
    assert_eq!(follow("them7", "true").await.flash(), "", "whom one follows already is no more");
    follow("them7", "false").await;
    assert_eq!(follow("alan", "true").await.flash(), "");
    assert_eq!((site.count(rows).await, site.count(WRONG).await), (7_500, 0));
    assert_eq!(
        site.count("select count(*) from notifications n join users u on u.id = n.user_id where username = 'alan'")
            .await,
        1
    );
}
