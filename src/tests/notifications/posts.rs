//! Being told of what others write: answers and mentions.

use sqlx::PgPool;

use super::{bell, told};
use crate::tests::Site;

#[sqlx::test]
async fn who_is_answered_is_told_and_led_to_the_answer(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "a question").await;
    let mut ada = site.signed_in("ada").await;
    ada.post(&format!("/posts/{post}/replies"), &[("body", "an answer")]).await;
    let mut alan = site.signed_in("alan").await;
    assert_eq!(told(&mut alan).await, ["Unread. Ada answered you"]);
    let answer = site.count("select max(id) from posts").await;
    let page = alan.get("/notifications").await.body;
    assert!(page.contains(&format!("href=\"/posts/{answer}\"")) && page.contains("an answer"), "{page}");
    assert!(ada.post(&format!("/posts/{answer}/delete"), &[]).await.status.is_redirection());
    assert_eq!(bell(&alan.get("/").await), "Notifications");
}
