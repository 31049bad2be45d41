//! Writing, reading and deleting posts.

use http::StatusCode;
use sqlx::PgPool;

use super::Site;

#[sqlx::test]
async fn a_post_is_written_read_and_deleted_by_its_author_only(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let answer = alan.post("/posts", &[("body", "Hello, neighbours!")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(alan.get("/").await.body.contains("Hello, neighbours!"));
    let id = site.count("select id from posts").await;
    let path = format!("/posts/{id}");
    assert!(site.browser().get(&path).await.body.contains("Hello, neighbours!"));
    let mut barbara = site.signed_in("barbara").await;
    assert_eq!(barbara.post(&format!("{path}/delete"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alan.post(&format!("{path}/delete"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.browser().get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.count("select posts from profile_counts c join users u on u.id = c.user_id where username = 'alan'").await,
        0
    );
}

#[sqlx::test]
async fn what_cannot_be_posted_keeps_its_text(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let long = "å".repeat(1_001);
    let answer = alan.post("/posts", &[("body", &long)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains(&long) && answer.body.contains("1 character too long"));
    assert_eq!(alan.post("/posts", &[("body", " \n ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(alan.post("/posts", &[("body", &"å".repeat(1_000))]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.count("select count(*) from posts").await, 1);
}

#[sqlx::test]
async fn replies_stand_below_and_are_counted(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "a question").await;
    let mut barbara = site.signed_in("barbara").await;
    let path = format!("/posts/{post}/replies");
    assert_eq!(barbara.post(&path, &[("body", "an answer")]).await.status, StatusCode::SEE_OTHER);
    let page = barbara.get(&format!("/posts/{post}")).await.body;
    assert!(page.find("a question") < page.find("an answer"));
    assert_eq!(site.count("select reply_count from posts where parent_id is null").await, 1);
    assert!(!barbara.get("/").await.body.contains("an answer"), "the feed shows what began a conversation");
    assert_eq!(barbara.post("/posts/999/replies", &[("body", "to nobody")]).await.status, StatusCode::NOT_FOUND);
    let bad = barbara.post(&path, &[("body", "")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[sqlx::test]
async fn h36_text_is_text_on_every_page(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let evil = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>";
    site.sql(&format!(
        "update users set display_name = left($x${evil}$x$, 50), bio = $x${evil}$x$ where username = 'alan'"
    ))
    .await;
    let post = site.post("alan", evil).await;
    let mut browser = site.signed_in("alan").await;
    for path in
        ["/".to_owned(), "/following".into(), "/@alan".into(), format!("/posts/{post}"), "/settings/devices".into()]
    {
        let body = browser.get(&path).await.body;
        for bad in ["<script>alert", "<img src=x", "<svg/onload"] {
            assert!(!body.contains(bad), "{path}: {bad}");
        }
    }
    let typed = format!("{evil}{}", "x".repeat(1_000));
    let body = browser.post("/posts", &[("body", &typed)]).await.body;
    assert!(body.contains("&lt;/textarea&gt;") && !body.contains("<script>alert"), "in the text area too");
    for field in ["email", "username", "display_name"] {
        let body = site
            .browser()
            .post("/sign-up", &[("email", evil), ("username", evil), ("display_name", evil), ("password", "x")])
            .await
            .body;
        assert!(!body.contains("<script>alert"), "{field}");
    }
}

#[sqlx::test]
async fn two_hundred_posts_in_a_minute_are_too_many(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let mut last = StatusCode::OK;
    for n in 0..200 {
        let answer = alan.post("/posts", &[("body", &format!("again {n}"))]).await;
        last = answer.status;
        if last == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.header("retry-after").parse::<u64>().is_ok());
            assert!(answer.body.contains(&format!("again {n}")), "the text is kept");
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
