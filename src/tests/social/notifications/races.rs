//! Many at once: one row, the right count, and the removal of the last like removes the row.

use sqlx::PgPool;

use super::{bell, told};
use crate::tests::{Browser, Site, support::site::as_served};

const ROUNDS: usize = 20;
const PEOPLE: usize = 12;

/// Counts rows that are not shown exactly when another user likes the post.
const WRONG: &str = "select count(*) from notifications n where n.kind = 'like' and (n.withdrawn_at is null)
    <> exists (select from likes l where l.post_id = n.post_id and l.user_id <> n.user_id)";

async fn browsers_of(site: &Site, copies: &[Site; 2]) -> Vec<Browser> {
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(site.signed_in(&format!("fan{n:03}")).await.on(&copies[n % 2]));
        site.reset_limits().await;
    }
    people
}

#[sqlx::test]
async fn concurrent_likes_share_one_notification_with_the_right_count(pool: PgPool) {
    let copies = [Site::with_cast(&pool).await, Site::new(&as_served(&pool, 12))];
    let site = &copies[0];
    site.add_users("fan", PEOPLE as i32).await;
    let people = browsers_of(site, &copies).await;
    let mut alan = site.signed_in("alan").await;
    for round in 0..ROUNDS {
        let post = site.post("alan", "hello").await;
        let press = |like: &'static str| {
            let tasks = people.iter().cloned().map(|mut fan| {
                tokio::spawn(async move { fan.post(&format!("/posts/{post}/like"), &[("like", like)]).await.status })
            });
            tasks.collect::<Vec<_>>()
        };
        for task in press("true").into_iter().chain(press("true")) {
            assert!(task.await.unwrap().is_redirection());
        }
        let rows = format!("select count(*) from notifications where post_id = {post}");
        assert_eq!(site.count(&rows).await, 1, "round {round}");
        let said = &told(&mut alan).await[0];
        assert!(said.ends_with(&format!("and {} others liked your post", PEOPLE - 1)), "round {round}: {said}");
        assert_eq!(bell(&alan.get("/").await), "Notifications, 1 unread");
        for task in press("false") {
            assert!(task.await.unwrap().is_redirection());
        }
        assert_eq!(bell(&alan.get("/").await), "Notifications", "round {round}");
        assert_eq!(site.count(WRONG).await, 0, "round {round}");
    }
}

#[sqlx::test]
async fn concurrent_likes_and_unlikes_leave_consistent_notifications_and_counts(pool: PgPool) {
    let copies = [Site::with_cast(&pool).await, Site::new(&as_served(&pool, 12))];
    let site = &copies[0];
    site.add_users("fan", PEOPLE as i32).await;
    let people = browsers_of(site, &copies).await;
    let post = site.post("alan", "hello").await;
    for round in 0..ROUNDS {
        let tasks: Vec<_> = people
            .iter()
            .cloned()
            .enumerate()
            .map(|(n, mut fan)| {
                let like = if (n + round) % 4 == 0 { "true" } else { "false" };
                tokio::spawn(async move {
                    for press in [like, if like == "true" { "false" } else { "true" }, "false", like] {
                        let answer = fan.post(&format!("/posts/{post}/like"), &[("like", press)]).await;
                        assert!(answer.status.is_redirection(), "{}", answer.status);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(site.count(WRONG).await, 0, "round {round}");
        let liked =
            "select count(*) from posts p where like_count <> (select count(*) from likes l where l.post_id = p.id)";
        assert_eq!(site.count(liked).await, 0, "round {round}");
    }
}
