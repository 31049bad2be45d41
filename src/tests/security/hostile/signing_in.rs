//! Requests that cost a core, and their limits.

use std::time::{Duration, Instant};

use http::StatusCode;
use sqlx::PgPool;

use super::{Browser, PASSWORD, Site, as_served};

/// Sends requests over one connection after another until it is stopped.
fn attack(mut browser: Browser, what: &'static str) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            match what {
                "password" => browser.post("/settings/security/password", &[("new_password", PASSWORD)]).await,
                "costly" => {
                    let costly = "4@8({[<369!1|70$5+%2".repeat(12);
                    browser.post("/settings/security/password", &[("new_password", &costly)]).await
                }
                "elevation" => browser.post("/elevate", &[("current_password", PASSWORD)]).await,
                _ => browser.clone().try_sign_in("alan", PASSWORD).await,
            };
            tokio::task::yield_now().await;
        }
    })
}

#[sqlx::test]
async fn one_member_cannot_stop_others_from_signing_in(pool: PgPool) {
    Site::with_cast(&pool).await;
    // As many connections to the database as in production, otherwise their number would be the bottleneck.
    let site = Site::new(&as_served(&pool, 20));
    site.add_users("ann", 12).await;
    for (what, same_address) in
        [("password", false), ("costly", true), ("elevation", true), ("sign-in", true), ("sign-in", false)]
    {
        let member = site.signed_in("alan").await;
        let flood: Vec<_> = (0..40).map(|_| attack(member.clone(), what)).collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut longest = Duration::ZERO;
        for n in 0..12 {
            let others = if same_address { site.browser() } else { site.browser().at(&format!("198.51.{n}.7")) };
            let begun = Instant::now();
            let answer = others.clone().try_sign_in(&format!("ann{n:03}"), PASSWORD).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{what} {n}: {}", answer.body);
            longest = longest.max(begun.elapsed());
        }
        flood.iter().for_each(tokio::task::JoinHandle::abort);
        eprintln!("{what}: others waited {longest:?} at most");
        // It takes a second on an idle machine; tests share theirs.
        assert!(longest < Duration::from_secs(4), "{what}: {longest:?}");
        // The member may have succeeded with a password of theirs.
        let given = "update passwords set hash = (select hash from passwords p join users u on u.id = p.user_id where u.username = 'ada')";
        site.sql(given).await;
        site.reset_limits().await;
    }
}

#[sqlx::test]
async fn known_browsers_of_a_user_share_two_queue_turns(pool: PgPool) {
    Site::with_cast(&pool).await;
    let site = Site::new(&as_served(&pool, 20));
    let mut known = Vec::new();
    for _ in 0..16 {
        known.push(site.signed_in("alan").await);
        site.reset_limits().await;
    }
    let tries = known
        .into_iter()
        .map(|browser| tokio::spawn(async move { browser.clone().try_sign_in("alan", PASSWORD).await.status }));
    let mut statuses = Vec::new();
    for status in tries.collect::<Vec<_>>() {
        statuses.push(status.await.unwrap());
    }
    assert!(statuses.contains(&StatusCode::SEE_OTHER), "{statuses:?}");
    assert!(statuses.contains(&StatusCode::SERVICE_UNAVAILABLE), "{statuses:?}");
}

#[sqlx::test]
async fn successful_attempts_count_toward_limits(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    for (path, fields, most) in [
        ("/elevate", [("current_password", PASSWORD)], 20),
        ("/settings/security/password", [("new_password", PASSWORD)], 20),
        ("/settings/security/password", [("new_password", "password1")], 20),
    ] {
        site.reset_limits().await;
        for n in 0..=most {
            let status = alan.post(path, &fields).await.status;
            assert_eq!(status == StatusCode::TOO_MANY_REQUESTS, n == most, "{path} {n}: {status}");
        }
    }
    let mut last = StatusCode::OK;
    for n in 0..=60 {
        last = site.browser().try_sign_in("barbara", PASSWORD).await.status;
        assert_eq!(last == StatusCode::TOO_MANY_REQUESTS, n == 60, "{n}: {last}");
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    // Another user's count is their own.
    site.browser().sign_in("ada").await;
}

#[sqlx::test]
async fn requests_failed_by_an_outage_are_not_counted(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("ada", "hello").await;
    let mut alan = site.signed_in("alan").await;
    site.reset_limits().await;
    // Every write fails half way.
    site.sql(
        "create function no() returns trigger language plpgsql as 'begin raise exception ''broken''; end';
         create trigger no before insert or update on posts for each row execute function no();
         create trigger no before insert on likes for each row execute function no();
         create trigger no before insert on follows for each row execute function no();
         create trigger no before update on users for each row execute function no()",
    )
    .await;
    let profile =
        ["display_name", "bio", "pronouns", "place", "link1", "link2", "link3", "link4"].map(|name| (name, ""));
    for (path, fields) in [
        ("/posts".to_owned(), &[("body", "words")][..]),
        (format!("/posts/{post}/replies"), &[("body", "words")]),
        (format!("/posts/{post}/like"), &[("like", "true")]),
        ("/@ada/follow".to_owned(), &[("follow", "true")]),
        ("/settings/profile".to_owned(), &profile),
    ] {
        let answer = alan.post(&path, fields).await;
        assert!(answer.status.is_server_error(), "{path}: {} {}", answer.status, answer.body);
        assert_eq!(site.count("select coalesce(sum(count), 0)::bigint from limits").await, 0, "{path}");
    }
}
