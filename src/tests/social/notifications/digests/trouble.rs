//! Suspended users, failing mail addresses, and users with very many notifications: nothing is lost, and other users do
//! not wait.

use sqlx::PgPool;

use super::{DUE, QUEUED, TO, answer, queue_due};
use crate::tests::{
    Site,
    social::notifications::{follow, suspend},
};

#[sqlx::test]
async fn notifications_restored_after_a_suspension_are_mailed(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    answer(&site, "ada", "one").await;
    follow(&site, "ada", "barbara", "true").await;
    let ada = suspend(&site, "ada").await;
    site.sql(DUE).await;
    assert_eq!((queue_due(&site).await, site.count(QUEUED).await), (1, 0), "nothing to mail");
    server::accounts::restore(&site.server, ada).await.unwrap();
    assert_eq!(site.count("select count(*) from digests").await, 1, "and not to whom mail of it is not wanted");
    site.sql(DUE).await;
    queue_due(&site).await;
    assert!(site.mail_to(TO).await.unwrap().contains("Ada replied to you"));
    // Neither are a user's own notifications lost while they are suspended.
    site.sql("delete from jobs").await;
    answer(&site, "grace", "two").await;
    let alan = suspend(&site, "alan").await;
    site.sql(DUE).await;
    assert_eq!((queue_due(&site).await, site.count(QUEUED).await), (1, 0));
    server::accounts::restore(&site.server, alan).await.unwrap();
    site.sql(DUE).await;
    queue_due(&site).await;
    assert!(site.mail_to(TO).await.unwrap().contains("Grace replied to you"));
    // Notifications that were mailed or read are not mailed again.
    let ada = suspend(&site, "ada").await;
    server::accounts::restore(&site.server, ada).await.unwrap();
    assert_eq!(site.count("select count(*) from digests").await, 0);
}

#[sqlx::test]
async fn a_failing_digest_does_not_block_other_digests(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for name in ["barbara", "edsger"] {
        let post = site.post(name, "a question").await;
        site.signed_in("ada").await.post(&format!("/posts/{post}/replies"), &[("body", "so")]).await;
    }
    answer(&site, "ada", "one").await;
    // Alan is due first, and his digest fails.
    site.sql(
        "update digests set due_at = now() - case when user_id = (select id from users where username = 'alan')
             then interval '1 hour' else interval '1 minute' end;
         create function broken() returns trigger language plpgsql as $$ begin raise 'broken'; end $$;
         create trigger broken before update of mailed_at on notifications for each row
             when (new.user_id = 3) execute function broken()",
    )
    .await;
    assert_eq!(site.count("select id from users where username = 'alan'").await, 3);
    while queue_due(&site).await > 0 {}
    assert_eq!(site.count(QUEUED).await, 2);
    assert_eq!(site.count("select count(*) from digests where user_id = 3 and due_at > now()").await, 1, "put off");
    site.sql("drop trigger broken on notifications").await;
    site.sql(DUE).await;
    queue_due(&site).await;
    assert!(site.mail_to(TO).await.unwrap().contains("Ada replied to you"), "and nothing is lost");
}

#[sqlx::test]
async fn one_digest_covers_at_most_a_thousand_notifications(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "with p as (insert into posts (author_id, body) select 1, 'x' from generate_series(1, 1500) returning id)
         insert into notifications (user_id, kind, post_id, actor_id, updated_at)
         select 3, 'reply', id, 1, now() - id * interval '1 second' from p;
         insert into digests values (3, now())",
    )
    .await;
    queue_due(&site).await;
    let told = "select count(*) from notifications where mailed_at is not null";
    assert_eq!((site.count(QUEUED).await, site.count(told).await), (1, 1_000));
    let first = site.count("select (payload->'told'->>0)::bigint from jobs where kind = 'digest'").await;
    assert_eq!(first, site.count("select min(id) from notifications").await, "the newest first");
}
