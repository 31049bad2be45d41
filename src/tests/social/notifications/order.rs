//! Every transaction that changes several notifications locks them in the order of their ids, so that two of them never
//! wait for each other (docs/decisions/0003).

use sqlx::{Connection, PgPool};

use super::{follow, like};
use crate::tests::{Site, support::site::as_served};

/// Two rows of alan's, from likes of ada's, which are in the table in reverse order, and so are their posts.
async fn two_rows(site: &Site) {
    let posts = [site.post("alan", "one").await, site.post("alan", "two").await];
    for post in posts.into_iter().rev() {
        like(site, "ada", post, "true").await;
    }
    // After an update, the first is stored behind the other.
    site.sql("update notifications set expires_at = expires_at where id = (select min(id) from notifications)").await;
}

/// Another transaction holds a lock on the first row when `deed` starts: `deed` waits there, and locks no row behind
/// it.
async fn waits_at_the_first(pool: &PgPool, site: &Site, deed: impl Future<Output = ()> + Send + 'static) {
    let first = site.count("select min(id) from notifications").await;
    let second = site.count("select max(id) from notifications").await;
    let mut other = pool.acquire().await.unwrap();
    let mut tx = other.begin().await.unwrap();
    let hold = |id: i64| format!("select from notifications where id = {id} for update nowait");
    sqlx::query(&hold(first)).execute(&mut *tx).await.unwrap();
    let deed = tokio::spawn(deed);
    let waiting = "select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    while !deed.is_finished() && site.count(waiting).await == 0 {
        tokio::task::yield_now().await;
    }
    let free = sqlx::query(&hold(second)).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    deed.await.unwrap();
    assert!(free.is_ok(), "it held the second and waited for the first: {free:?}");
}

#[sqlx::test]
async fn marking_all_as_read_locks_notifications_in_id_order(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    two_rows(&site).await;
    let mut alan = site.signed_in("alan").await;
    let page = alan.get("/notifications").await.body;
    let until = page.split("name=\"until\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let deed = async move {
        assert!(alan.post("/notifications/read", &[("until", &until)]).await.status.is_redirection());
    };
    waits_at_the_first(&pool, &site, deed).await;
    assert_eq!(site.count("select count(*) from notifications where read_at is null").await, 0);
}

#[sqlx::test]
async fn withdrawing_likes_locks_notifications_in_id_order(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    two_rows(&site).await;
    let db = pool.clone();
    waits_at_the_first(&pool, &site, async move {
        sqlx::query("delete from likes").execute(&db).await.unwrap();
    })
    .await;
    assert_eq!(site.count("select count(*) from notifications where withdrawn_at is null").await, 0);
}

#[sqlx::test]
async fn suspending_a_user_locks_notifications_in_id_order(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    two_rows(&site).await;
    let server = site.server.clone();
    let ada = server::accounts::find(&server, "ada").await.unwrap();
    waits_at_the_first(&pool, &site, async move {
        server::accounts::suspend(&server, ada, "a test", None).await.unwrap();
    })
    .await;
    assert_eq!(site.count("select count(*) from notifications where withdrawn_at is null").await, 0);
}

#[sqlx::test]
async fn more_than_ten_thousand_notifications_are_all_marked_as_read(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    follow(&site, "ada", "alan", "true").await;
    site.sql(
        "with p as (insert into posts (author_id, body) select 1, 'x' from generate_series(1, 10001) returning id)
         insert into notifications (user_id, kind, post_id, actor_id, updated_at)
         select 3, 'reply', id, 1, now() - id * interval '1 second' from p",
    )
    .await;
    let mut alan = site.signed_in("alan").await;
    let page = alan.get("/notifications").await.body;
    let until = page.split("name=\"until\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    alan.post("/notifications/read", &[("until", &until)]).await;
    assert_eq!(site.count("select count(*) from notifications where read_at is null").await, 0);
}

/// Notified of something that is not true, or not notified of something that is.
const WRONG: &str = "select count(*) from notifications n where (n.withdrawn_at is null) <> notifications_holds(n)";

#[sqlx::test]
async fn concurrent_suspensions_and_actions_keep_notifications_correct_without_deadlocks(pool: PgPool) {
    drop(Site::with_cast(&pool).await);
    let (site, copy) = (Site::new(&as_served(&pool, 12)), Site::new(&as_served(&pool, 12)));
    site.add_users("fan", 6).await;
    let mut people = Vec::new();
    for n in 0..6 {
        let browser = site.signed_in(&format!("fan{n:03}")).await;
        people.push(browser.on(if n % 2 == 0 { &site } else { &copy }));
        site.reset_limits().await;
    }
    let posts = [site.post("alan", "one").await, site.post("fan000", "two").await, site.post("fan001", "three").await];
    for round in 0..8 {
        let mut tasks = Vec::new();
        for (n, person) in people.iter().enumerate() {
            let (post, yes) = (posts[(n + round) % 3], ["true", "false"][(n + round / 2) % 2]);
            let until = "9000000000000000-1".to_owned();
            let deeds = [
                (format!("/posts/{post}/like"), vec![("like", yes.to_owned())]),
                (format!("/@fan{:03}/follow", (n + 1) % 6), vec![("follow", yes.to_owned())]),
                ("/notifications/read".to_owned(), vec![("until", until)]),
                (format!("/posts/{post}/replies"), vec![("body", format!("@fan{:03} and @alan", (n + 2) % 6))]),
            ];
            for (path, fields) in deeds {
                let mut browser = person.clone();
                tasks.push(tokio::spawn(async move {
                    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    let status = browser.post(&path, &fields).await.status;
                    // A suspended user counts as absent, and so do their posts.
                    assert!(!status.is_server_error(), "round {round}: {path} is answered {status}");
                }));
            }
        }
        for (n, at) in [(0, "now()"), (1, "now()"), (2, "now()"), (0, "null"), (1, "null"), (2, "null")] {
            let server = site.server.clone();
            tasks.push(tokio::spawn(async move {
                let change = format!("update users set suspended_at = {at} where username = 'fan{n:03}'");
                sqlx::query(&change).execute(server.db()).await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(site.count(WRONG).await, 0, "round {round}");
        site.sql("update users set suspended_at = null where suspended_at is not null; delete from limits").await;
    }
    for copy in [&site, &copy] {
        copy.server.db().close().await;
    }
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(sqlx::query_scalar::<_, i64>(deadlocks).fetch_one(&pool).await.unwrap(), 0);
}
