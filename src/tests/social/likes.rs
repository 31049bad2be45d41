//! Likes: idempotent, and counts always equal the rows.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::Site;

const WRONG: &str =
    "select count(*) from posts p where like_count <> (select count(*) from likes l where l.post_id = p.id)";

#[sqlx::test]
async fn likes_are_idempotent_and_can_be_undone(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "likeable").await;
    let mut browser = site.signed_in("barbara").await;
    let path = format!("/posts/{post}/like");
    for (like, count) in [("true", 1), ("true", 1), ("false", 0), ("false", 0)] {
        let answer = browser.post(&path, &[("like", like), ("next", "/@alan")]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, format!("/@alan#p{post}").as_str()));
        assert_eq!(site.count("select like_count from posts").await, count);
    }
    assert_eq!(browser.post("/posts/999/like", &[("like", "true")]).await.status, StatusCode::NOT_FOUND);
    let stranger = site.browser().post(&path, &[("like", "true")]).await;
    assert!(stranger.location().starts_with("/sign-in"));
}

#[sqlx::test]
async fn counts_stay_correct_after_a_user_is_deleted(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "liked by two").await;
    for name in ["ada", "barbara"] {
        site.signed_in(name).await.post(&format!("/posts/{post}/like"), &[("like", "true")]).await;
        site.signed_in(name).await.post(&format!("/posts/{post}/replies"), &[("body", "yes")]).await;
    }
    site.sql("delete from users where username = 'ada'").await;
    assert_eq!(site.count("select like_count * 10 + reply_count from posts where parent_id is null").await, 11);
    assert_eq!(site.count(WRONG).await, 0);
}

#[sqlx::test]
async fn hidden_posts_accept_no_likes_or_replies(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("edsger", "hello").await;
    let mut alan = site.signed_in("alan").await;
    alan.post(&format!("/posts/{post}/like"), &[("like", "true")]).await;
    let edsger = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, edsger, "a test", None).await.unwrap();
    let mut ada = site.signed_in("ada").await;
    for (path, field) in [("like", ("like", "true")), ("replies", ("body", "hello?"))] {
        let answer = ada.post(&format!("/posts/{post}/{path}"), &[field]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(site.count("select count(*) from likes").await, 1);
    assert_eq!(site.count("select count(*) from posts").await, 1);
    // An earlier like can be removed.
    assert!(alan.post(&format!("/posts/{post}/like"), &[("like", "false")]).await.status.is_redirection());
    assert_eq!(site.count("select count(*) from likes").await, 0);
}
