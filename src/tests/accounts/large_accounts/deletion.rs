use std::time::{Duration, Instant};

use http::StatusCode;
use sqlx::PgPool;
use tokio::time::{sleep, timeout};

use super::{assert_consistent, site_with_large_account};
use crate::tests::{Browser, PASSWORD, Site, support::site::as_served};

const DELETE: (&str, [(&str, &str); 1]) = ("/settings/account/delete", [("username_again", "alan")]);

/// Alan deletes his account; the rows are still there.
async fn delete_alan(site: &Site) {
    let mut alan = site.signed_in("alan").await;
    let begun = Instant::now();
    assert_eq!(alan.post(DELETE.0, &DELETE.1).await.flash(), "account-deleted");
    // One transaction with a few dozen statements, however large the account is.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(alan.who().await, None);
}

#[sqlx::test]
async fn deleted_account_is_hidden_before_its_rows_are_deleted(pool: PgPool) {
    let site = site_with_large_account(&pool).await;
    let mut reader = site.browser();
    site.sql("insert into passwords select 1501, hash from passwords limit 1").await;
    reader.sign_in("reader1501").await;
    // Two likes, a reply and a follow.
    assert!(reader.get("/").await.body.contains("Notifications, 4 unread"));
    assert!(reader.get("/@reader1501/followers").await.body.contains("href=\"/@alan\""));
    delete_alan(&site).await;
    assert!(site.count("select count(*) from posts where author_id = 3").await > 2_000, "the job has not run");
    for path in ["/@alan", "/@~3", "/@alan/followers", "/@alan/feed.atom", "/posts/30001", "/posts/21500"] {
        assert_eq!(reader.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in
        ["/", "/following", "/search?q=alan", "/@reader1501/followers", "/@reader1501/following", "/notifications"]
    {
        let body = reader.get(path).await.body;
        assert!(!body.contains("/@alan\"") && !body.contains("of alan") && !body.contains("@~3"), "{path}: {body}");
    }
    // A reply keeps the place of the post above it, as with any deleted post.
    let place = reader.get("/posts/20001").await;
    assert!(place.body.contains("This post was deleted.") && !place.body.contains("alan\""), "{}", place.body);
    // None of the four is counted any more.
    assert!(reader.get("/").await.body.contains("href=\"/notifications\" aria-label=\"Notifications\""));
    for identifier in ["alan", "alan@kith.example", "~3"] {
        let refused = site.browser().try_sign_in(identifier, PASSWORD).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!refused.body.contains("suspended"), "{identifier}");
    }
    // The operator cannot restore it, not even by hand.
    for name in ["alan", "alan@kith.example", "~3"] {
        assert!(server::accounts::find(&site.server, name).await.is_err(), "{name}");
    }
    assert!(server::accounts::restore(&site.server, server::base::id::UserId(3)).await.is_err());
    sqlx::query("update users set suspended_at = null where id = 3").execute(&pool).await.unwrap_err();
    for table in ["passwords", "sessions", "identities", "known_browsers", "email_links", "email_codes"] {
        assert_eq!(site.count(&format!("select count(*) from {table} where user_id = 3")).await, 0, "{table}");
    }
}

#[sqlx::test]
async fn deletion_frees_the_address_and_reserves_the_username_at_once(pool: PgPool) {
    let site = site_with_large_account(&pool).await;
    delete_alan(&site).await;
    let fields =
        |name| [("email", "alan@kith.example"), ("username", name), ("password", "seven green umbrellas sing")];
    let taken = site.browser().post("/sign-up", &fields("alan")).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut newcomer = site.browser();
    assert_eq!(newcomer.post("/sign-up", &fields("turing")).await.location(), "/sign-up/verify");
    let code = site.code_to("alan@kith.example").await;
    newcomer.post("/sign-up/verify", &[("code", &code)]).await;
    assert_eq!(newcomer.who().await.as_deref(), Some("turing"));
    site.finish_deletions().await;
    assert_eq!(newcomer.who().await.as_deref(), Some("turing"));
    assert_eq!(site.count("select count(*) from former_usernames where username = 'alan'").await, 1);
}

/// Acts as another user while the account is deleted; each on rows that no other task uses.
async fn act(site: Site, mut fan: Browser, n: usize) -> Vec<String> {
    let (mut round, mut waits) = (0, vec![]);
    while site.count("select count(*) from users where deleted_at is not null").await > 0 {
        round += 1;
        // Posts that alan liked and replied to, and readers whom he follows and who follow him.
        let row = n * 90 + round % 90;
        let yes = ["true", "false"][round / 90 % 2];
        let post = 10_001 + row;
        for (path, form) in [
            (format!("/posts/{post}/like"), [("like", yes)]),
            (format!("/@reader{}/follow", 1_001 + row), [("follow", yes)]),
            (format!("/posts/{post}/replies"), [("body", "hello")]),
        ] {
            let status = fan.post(&path, &form).await.status;
            if status == StatusCode::SERVICE_UNAVAILABLE {
                waits.push(path);
            }
        }
        // Without a pause they would use the whole machine, and the deletion would wait for that.
        sleep(Duration::from_millis(50)).await;
    }
    waits
}

#[sqlx::test]
async fn deletion_never_blocks_other_users_for_100_milliseconds(pool: PgPool) {
    let site = site_with_large_account(&pool).await;
    // On these connections a lock that is not available within 100 ms is an error, and the answer 503.
    let options = (*pool.connect_options()).clone().options([("lock_timeout", "100ms")]);
    let impatient = sqlx::postgres::PgPoolOptions::new().max_connections(20).connect_lazy_with(options);
    let others = Site::new(&impatient);
    let mut fans = Vec::new();
    for n in 0..8 {
        fans.push(others.signed_in(&format!("fan{n:03}")).await);
    }
    delete_alan(&site).await;
    let tasks: Vec<_> =
        fans.into_iter().enumerate().map(|(n, fan)| tokio::spawn(act(others.clone(), fan, n))).collect();
    site.finish_deletions().await;
    for task in tasks {
        assert_eq!(task.await.unwrap(), Vec::<String>::new(), "answers that waited too long");
    }
    assert_consistent(&site).await;
    assert_eq!(site.count("select count(*) from posts where author_id = 3 or deleted_at is not null").await, 100);
}

#[sqlx::test]
async fn deletion_does_not_wait_for_rows_that_others_hold(pool: PgPool) {
    let site = site_with_large_account(&pool).await;
    delete_alan(&site).await;
    // Another transaction holds locks on liked posts, two of them replied to, and two counts for long.
    let mut other = pool.begin().await.unwrap();
    for row in ["posts where id in (10001, 10002, 12000)", "profile_counts where user_id in (1001, 1500)"] {
        sqlx::query(&format!("select from {row} for update")).execute(&mut *other).await.unwrap();
    }
    let left = "select (select count(*) from likes where user_id = 3)
        + (select count(*) from follows where 3 in (follower_id, followee_id))
        + (select count(*) from posts where author_id = 3)";
    for _ in 0..60 {
        site.continue_deletions().await;
        if site.count(left).await <= 9 {
            break;
        }
    }
    // Three likes, four follows and two replies: no more than the locked rows.
    assert_eq!(site.count(left).await, 9);
    other.rollback().await.unwrap();
    site.finish_deletions().await;
    assert_consistent(&site).await;
}

#[sqlx::test]
async fn a_deletion_interrupted_at_any_point_is_resumed(pool: PgPool) {
    let site = site_with_large_account(&pool).await;
    delete_alan(&site).await;
    // Two instances, stopped again and again; one of them also loses the job.
    let copy = Site::new(&as_served(&pool, 4));
    for round in 1..15 {
        let slice = async { tokio::join!(site.continue_deletions(), copy.continue_deletions()) };
        drop(timeout(Duration::from_millis(round * 5), slice).await);
    }
    assert_consistent(&site).await;
    site.sql("delete from jobs where kind = 'delete_account'").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from jobs where kind = 'delete_account'").await, 1);
    // A job that was given up is due again, and the workers run it.
    site.sql(
        "delete from jobs where kind <> 'delete_account';
         update jobs set dead_at = now() - interval '61 minutes', attempts = 5",
    )
    .await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    while server::worker::run_due(&site.server).await.unwrap() > 0 {
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(site.count("select count(*) from users where id = 3").await, 0);
    assert_eq!(site.count("select count(*) from jobs").await, 0);
    assert_eq!(site.count("select count(*) from audit_events where user_id = 3 and ip is not null").await, 0);
    assert_consistent(&site).await;
}
