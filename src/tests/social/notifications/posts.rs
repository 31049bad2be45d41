//! Notifications about posts of other users: replies and mentions.

use sqlx::PgPool;

use super::{bell, like, told};

use crate::tests::Site;

#[sqlx::test]
async fn a_reply_notifies_the_author_with_a_link_to_it(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "a question").await;
    let mut ada = site.signed_in("ada").await;
    ada.post(&format!("/posts/{post}/replies"), &[("body", "an answer")]).await;
    let mut alan = site.signed_in("alan").await;
    assert_eq!(told(&mut alan).await, ["Unread. Ada replied to you"]);
    let answer = site.count("select max(id) from posts").await;
    let page = alan.get("/notifications").await.body;
    assert!(page.contains(&format!("href=\"/posts/{answer}\"")) && page.contains("an answer"), "{page}");
    assert!(ada.post(&format!("/posts/{answer}/delete"), &[]).await.status.is_redirection());
    assert_eq!(bell(&alan.get("/").await), "Notifications");
}

#[sqlx::test]
async fn a_post_notifies_each_replied_or_mentioned_user_only_once(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "a question").await;
    let mut ada = site.signed_in("ada").await;
    let words = [("body", "@alan asked me, and @Grace knows: @grace! Not @ada, nor @nobody_here")];
    ada.post(&format!("/posts/{post}/replies"), &words).await;
    assert_eq!(told(&mut site.signed_in("alan").await).await, ["Unread. Ada replied to you"]);
    assert_eq!(told(&mut site.signed_in("grace").await).await, ["Unread. Ada mentioned you"]);
    assert_eq!(site.count("select count(*) from notifications").await, 2);
}

#[sqlx::test]
async fn deleting_a_post_withdraws_its_mention_and_like_notifications(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/posts", &[("body", "hello @grace")]).await;
    let post = site.count("select max(id) from posts").await;
    like(&site, "ada", post, "true").await;
    let mut ada = site.signed_in("ada").await;
    ada.post(&format!("/posts/{post}/replies"), &[("body", "an answer")]).await;
    assert_eq!(bell(&alan.get("/").await), "Notifications, 2 unread");
    alan.post(&format!("/posts/{post}/delete"), &[]).await;
    assert_eq!(site.count("select count(*) from posts where deleted_at is not null").await, 1, "its place stays");
    assert_eq!(told(&mut alan).await, ["Unread. Ada replied to you"], "the answer is still there");
    assert_eq!(told(&mut site.signed_in("grace").await).await, Vec::<String>::new());
}
