//! Notifications: each thing once, only while it is true, and never about the user's own actions.

mod digests;
mod order;
mod posts;
mod races;
mod suspended;

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Answer, Browser, Site};

/// Returns the notification label in the navigation, on any page.
fn bell(answer: &Answer) -> String {
    let before = "href=\"/notifications\" aria-label=\"";
    let label = answer.body.split(before).nth(1).unwrap_or_else(|| panic!("a bell in {}", answer.body));
    label.split('"').next().unwrap().to_owned()
}

/// Returns the texts of the page's rows, without markup.
async fn told(browser: &mut Browser) -> Vec<String> {
    let answer = browser.get("/notifications").await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.body.split("<p class=\"notification-title\">").skip(1).map(said).collect()
}

fn said(row: &str) -> String {
    let html = row.split("<time").next().unwrap();
    let mut words = String::new();
    let mut tag = false;
    for c in html.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            c if !tag => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the id of a user's newest row.
async fn newest(site: &Site, username: &str) -> i64 {
    let of = "select n.id from notifications n join users u on u.id = n.user_id where u.username";
    site.count(&format!("{of} = '{username}' order by n.id desc limit 1")).await
}

async fn like(site: &Site, username: &str, post: i64, like: &str) {
    let answer = site.signed_in(username).await.post(&format!("/posts/{post}/like"), &[("like", like)]).await;
    assert!(answer.status.is_redirection(), "{}", answer.status);
}

async fn follow(site: &Site, username: &str, whom: &str, follow: &str) {
    let answer = site.signed_in(username).await.post(&format!("/@{whom}/follow"), &[("follow", follow)]).await;
    assert!(answer.status.is_redirection(), "{}", answer.status);
}

async fn suspend(site: &Site, username: &str) -> server::base::id::UserId {
    let user = server::accounts::find(&site.server, username).await.unwrap();
    server::accounts::suspend(&site.server, user, "a test", None).await.unwrap();
    user
}

#[sqlx::test]
async fn likes_of_one_post_share_one_notification(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (post, other) = (site.post("alan", "a likeable thing").await, site.post("alan", "another").await);
    let mut alan = site.signed_in("alan").await;
    like(&site, "ada", post, "true").await;
    assert_eq!(told(&mut alan).await, ["Unread. Ada liked your post"]);
    like(&site, "grace", post, "true").await;
    assert_eq!(told(&mut alan).await, ["Unread. Grace and Ada liked your post"]);
    for name in ["edsger", "barbara"] {
        like(&site, name, post, "true").await;
    }
    like(&site, "ada", other, "true").await;
    assert_eq!(
        told(&mut alan).await,
        ["Unread. Ada liked your post", "Unread. Barbara and 3 others liked your post"],
        "the newest first"
    );
    // A user's own like is among the likes of the post, but not in the notification.
    like(&site, "alan", post, "true").await;
    assert_eq!(told(&mut alan).await[1], "Unread. Barbara and 3 others liked your post");
    let page = alan.get("/notifications").await;
    assert!(page.body.contains("a likeable thing") && page.body.contains(&format!("href=\"/posts/{post}\"")));
    assert_eq!(page.body.matches("class=\"avatar\"").count(), 4 + 2, "three faces and one, and one's own twice");
}

#[sqlx::test]
async fn users_are_not_notified_of_their_own_actions(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    like(&site, "alan", post, "true").await;
    let mut alan = site.signed_in("alan").await;
    alan.post(&format!("/posts/{post}/replies"), &[("body", "and me again, @alan")]).await;
    assert_eq!(site.count("select count(*) from notifications").await, 0);
    assert_eq!(bell(&alan.get("/").await), "Notifications");
    assert!(alan.get("/notifications").await.body.contains("All quiet"));
}

#[sqlx::test]
async fn undone_actions_withdraw_notifications_and_redone_ones_stay_read(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    like(&site, "ada", post, "true").await;
    follow(&site, "grace", "alan", "true").await;
    assert_eq!(bell(&alan.get("/").await), "Notifications, 2 unread");
    like(&site, "ada", post, "false").await;
    follow(&site, "grace", "alan", "false").await;
    assert_eq!((bell(&alan.get("/").await), told(&mut alan).await), ("Notifications".to_owned(), vec![]));
    for _ in 0..3 {
        like(&site, "ada", post, "true").await;
        like(&site, "ada", post, "false").await;
    }
    like(&site, "ada", post, "true").await;
    follow(&site, "grace", "alan", "true").await;
    assert_eq!(bell(&alan.get("/").await), "Notifications, 2 unread", "as if nothing had been");
    site.sql("update notifications set read_at = now()").await;
    for back in ["false", "true"] {
        like(&site, "ada", post, back).await;
        follow(&site, "grace", "alan", back).await;
    }
    assert_eq!(bell(&alan.get("/").await), "Notifications", "told once, read once");
    assert_eq!(told(&mut alan).await.len(), 2);
    // Another user's like is news, and the row is unread again.
    like(&site, "edsger", post, "true").await;
    assert_eq!(told(&mut alan).await[0], "Unread. Edsger and Ada liked your post");
    like(&site, "edsger", post, "false").await;
    assert_eq!(told(&mut alan).await[0], "Unread. Ada liked your post", "and says no more than is so");
}

#[sqlx::test]
async fn deleted_posts_and_users_disappear_from_notifications(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (post, kept) = (site.post("alan", "going").await, site.post("alan", "staying").await);
    let mut alan = site.signed_in("alan").await;
    for name in ["ada", "grace"] {
        like(&site, name, post, "true").await;
        like(&site, name, kept, "true").await;
        follow(&site, name, "alan", "true").await;
    }
    assert_eq!(bell(&alan.get("/").await), "Notifications, 4 unread");
    assert!(alan.post(&format!("/posts/{post}/delete"), &[]).await.status.is_redirection());
    assert_eq!(bell(&alan.get("/").await), "Notifications, 3 unread");
    site.sql("delete from users where username = 'ada'").await;
    assert_eq!(told(&mut alan).await, ["Unread. Grace follows you", "Unread. Grace liked your post"]);
    site.sql("delete from users where username = 'grace'").await;
    assert_eq!((bell(&alan.get("/").await), told(&mut alan).await), ("Notifications".to_owned(), vec![]));
}

#[sqlx::test]
async fn notifications_return_when_a_suspended_user_is_restored(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (post, both) = (site.post("alan", "hello").await, site.post("alan", "liked by two").await);
    let mut alan = site.signed_in("alan").await;
    follow(&site, "edsger", "alan", "true").await;
    like(&site, "edsger", post, "true").await;
    like(&site, "edsger", both, "true").await;
    like(&site, "ada", both, "true").await;
    site.signed_in("edsger").await.post(&format!("/posts/{post}/replies"), &[("body", "yes")]).await;
    follow(&site, "edsger", "barbara", "true").await;
    follow(&site, "edsger", "barbara", "false").await;
    assert_eq!(bell(&alan.get("/").await), "Notifications, 4 unread");
    let edsger = suspend(&site, "edsger").await;
    assert_eq!(bell(&alan.get("/").await), "Notifications, 1 unread");
    assert!(!alan.get("/notifications").await.body.contains("Edsger"));
    server::accounts::restore(&site.server, edsger).await.unwrap();
    assert_eq!(bell(&alan.get("/").await), "Notifications, 4 unread");
    assert_eq!(bell(&site.signed_in("barbara").await.get("/").await), "Notifications", "what was taken back stays so");
}

#[sqlx::test]
async fn users_mark_only_their_own_notifications_as_read(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for name in ["ada", "grace"] {
        follow(&site, name, "alan", "true").await;
    }
    let (mut alan, mut barbara) = (site.signed_in("alan").await, site.signed_in("barbara").await);
    let path = format!("/notifications/{}/read", newest(&site, "alan").await);
    assert_eq!(barbara.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bell(&alan.get("/").await), "Notifications, 2 unread");
    for _ in 0..2 {
        let answer = alan.post(&path, &[("next", "/notifications")]).await;
        assert_eq!(
            (answer.status, answer.location(), answer.flash()),
            (StatusCode::SEE_OTHER, "/notifications", "marked-read")
        );
    }
    assert_eq!(told(&mut alan).await, ["Grace follows you", "Unread. Ada follows you"]);
    assert_eq!(alan.post(&path, &[("next", "//evil.example")]).await.location(), "/notifications");
    // A notification that was withdrawn at this very moment counts as read.
    follow(&site, "grace", "alan", "false").await;
    assert_eq!(alan.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
    // As a browser does when the user follows the row.
    let last = site.count("select min(id) from notifications").await;
    let id = alan.form_user().await.unwrap();
    let ping = http::Request::builder().method("POST").uri(format!("/notifications/{last}/read?for_user={id}"));
    let ping = ping.header("sec-fetch-site", "same-origin").header("content-type", "text/ping").body("PING".into());
    assert_eq!(alan.send(ping.unwrap()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bell(&alan.get("/").await), "Notifications");
}

#[sqlx::test]
async fn marking_all_as_read_skips_notifications_that_arrived_later(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for name in ["ada", "grace"] {
        follow(&site, name, "alan", "true").await;
        follow(&site, name, "barbara", "true").await;
    }
    let mut alan = site.signed_in("alan").await;
    let page = alan.get("/notifications").await.body;
    let until = page.split("name=\"until\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    follow(&site, "edsger", "alan", "true").await;
    let answer = alan.post("/notifications/read", &[("until", &until)]).await;
    assert_eq!(
        (answer.status, answer.location(), answer.flash()),
        (StatusCode::SEE_OTHER, "/notifications", "all-read")
    );
    assert_eq!(told(&mut alan).await, ["Unread. Edsger follows you", "Grace follows you", "Ada follows you"]);
    assert_eq!(bell(&site.signed_in("barbara").await.get("/").await), "Notifications, 2 unread", "others' stay");
    assert_eq!(
        alan.post("/notifications/read", &[("until", "nonsense")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[sqlx::test]
async fn viewing_pages_marks_no_notification_as_read(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    like(&site, "ada", post, "true").await;
    let mut alan = site.signed_in("alan").await;
    for path in ["/notifications".to_owned(), format!("/posts/{post}"), "/settings/notifications".to_owned()] {
        assert_eq!(bell(&alan.get(&path).await), "Notifications, 1 unread", "{path}");
    }
    assert_eq!(site.count("select count(*) from notifications where read_at is not null").await, 0);
}

#[sqlx::test]
async fn the_unread_count_stops_at_99_but_pages_show_all(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.add_users("fan", 120).await;
    let fan = "insert into notifications (user_id, kind, actor_id) select a.id, 'follow', f.id from users a, users f
        where a.username = 'alan' and f.username like 'fan%' order by f.id limit";
    site.sql(&format!("{fan} 99")).await;
    let mut alan = site.signed_in("alan").await;
    let answer = alan.get("/").await;
    assert_eq!(bell(&answer), "Notifications, 99 unread");
    site.sql("delete from notifications").await;
    site.sql(&format!("{fan} 120")).await;
    let answer = alan.get("/").await;
    assert_eq!(bell(&answer), "Notifications, more than 99 unread");
    assert!(answer.body.contains(">99+<"), "{}", answer.body);
    // And the pages follow one another, each row once.
    let (mut path, mut rows) = ("/notifications".to_owned(), 0);
    loop {
        let page = alan.get(&path).await.body;
        rows += page.matches("notification-title").count();
        let Some(next) = page.split("href=\"/notifications?before=").nth(1) else { break };
        path = format!("/notifications?before={}", next.split('"').next().unwrap());
    }
    assert_eq!(rows, 120);
    assert_eq!(alan.get("/notifications?before=nonsense").await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn notifications_and_related_rows_expire_as_documented(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    like(&site, "ada", post, "true").await;
    like(&site, "ada", post, "false").await;
    like(&site, "ada", post, "true").await;
    follow(&site, "ada", "alan", "true").await;
    let days = "select round(extract(epoch from expires_at - now()) / 86400)::bigint from notifications where id";
    let id = newest(&site, "alan").await;
    assert_eq!(site.count(&format!("{days} = {id}")).await, 400);
    site.signed_in("alan").await.post(&format!("/notifications/{id}/read"), &[]).await;
    assert_eq!(site.count(&format!("{days} = {id}")).await, 90);
    site.sql(&format!(
        "update notifications set expires_at = now() where id = {id};
         update unlikes set at = now() - interval '91 days';
         insert into unsubscribe_links (token_hash, user_id, expires_at) select '\\x01', id, now() from users limit 1"
    ))
    .await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    for (table, left) in [("notifications", 1), ("unlikes", 0), ("unsubscribe_links", 0)] {
        assert_eq!(site.count(&format!("select count(*) from {table}")).await, left, "{table}");
    }
}
