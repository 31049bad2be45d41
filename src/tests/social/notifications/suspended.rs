//! An action at the very moment of its user's suspension is done before it or not at all: it notifies no other user.

use sqlx::{Connection, PgPool};

use super::{bell, like, suspend, told};
use crate::tests::Site;

/// Returns the number of statements that wait for a lock.
async fn waiting(site: &Site) -> i64 {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    site.count(sql).await
}

/// The path, the field, and the statement of another transaction.
type Deed = (String, [(&'static str, &'static str); 1], String);

/// The actions of ada (1) on alan (3) or his post, and the row that notifies him: another transaction that is about to
/// write the same row blocks each action just before its end.
fn deeds(post: i64, own: i64) -> [Deed; 5] {
    let next = "(select last_value + 1 from posts_id_seq)";
    let row = |kind: &str, post: &str, actor: &str| {
        format!(
            "set local session_replication_role = replica;
             insert into notifications (user_id, kind, post_id, actor_id) values (3, '{kind}', {post}, {actor})"
        )
    };
    [
        (format!("/posts/{post}/like"), [("like", "true")], row("like", &post.to_string(), "null")),
        (format!("/posts/{post}/replies"), [("body", "an answer")], row("reply", next, "1")),
        ("/@alan/follow".to_owned(), [("follow", "true")], row("follow", "null", "1")),
        ("/posts".to_owned(), [("body", "hello @alan")], row("mention", next, "1")),
        (format!("/posts/{own}/edit"), [("body", "hello, dear @alan")], row("mention", &own.to_string(), "1")),
    ]
}

/// Ada is suspended `first`, or while her action is half done. No user is left with a count of something they cannot
/// see.
async fn meets(pool: &PgPool, first: bool) {
    let site = Site::with_cast(pool).await;
    let (post, own) = (site.post("alan", "hello").await, site.post("ada", "own").await);
    let mut alan = site.signed_in("alan").await;
    for (path, form, obstacle) in deeds(post, own) {
        let mut ada = site.signed_in("ada").await;
        let mut other = pool.acquire().await.unwrap();
        let mut tx = other.begin().await.unwrap();
        let obstacle = if first { "update users set suspended_at = now() where username = 'ada'" } else { &obstacle };
        sqlx::raw_sql(obstacle).execute(&mut *tx).await.unwrap();
        let deed = tokio::spawn({
            let path = path.clone();
            async move { ada.post(&path, &form).await.status }
        });
        while !deed.is_finished() && waiting(&site).await == 0 {
            tokio::task::yield_now().await;
        }
        if first {
            tx.commit().await.unwrap();
            deed.await.unwrap();
        } else {
            let end = tokio::spawn({
                let site = site.clone();
                async move { suspend(&site, "ada").await }
            });
            while !end.is_finished() && waiting(&site).await < 2 {
                tokio::task::yield_now().await;
            }
            tx.rollback().await.unwrap();
            deed.await.unwrap();
            end.await.unwrap();
        }
        assert_eq!(bell(&alan.get("/").await), "Notifications", "{path}");
        let user = server::accounts::find(&site.server, "ada").await.unwrap();
        server::accounts::restore(&site.server, user).await.unwrap();
        site.sql("delete from notifications; delete from likes; delete from follows; delete from limits").await;
    }
}

#[sqlx::test]
async fn actions_begun_during_a_suspension_notify_no_user(pool: PgPool) {
    meets(&pool, true).await;
}

#[sqlx::test]
async fn a_suspension_during_an_action_leaves_no_unread_notification(pool: PgPool) {
    meets(&pool, false).await;
}

#[sqlx::test]
async fn unread_notifications_that_cannot_be_shown_can_be_marked_read(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    like(&site, "ada", post, "true").await;
    super::follow(&site, "ada", "alan", "true").await;
    suspend(&site, "ada").await;
    site.sql("update notifications set withdrawn_at = null").await;
    let mut alan = site.signed_in("alan").await;
    let page = alan.get("/notifications").await;
    assert_eq!((bell(&page), told(&mut alan).await), ("Notifications, 2 unread".to_owned(), vec![]));
    assert!(page.body.contains("All quiet"), "{}", page.body);
    let until = page.body.split("name=\"until\" value=\"").nth(1).expect("a button").split('"').next().unwrap();
    assert!(alan.post("/notifications/read", &[("until", until)]).await.status.is_redirection());
    let page = alan.get("/notifications").await;
    assert!(bell(&page) == "Notifications" && !page.body.contains("Mark all as read"), "{}", page.body);
}
