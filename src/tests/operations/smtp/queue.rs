//! Sealed mails: only the process that queued one can send it, in time, and it does so before it ends.

use std::time::{Duration, Instant};

use server::{
    jobs,
    worker::{WorkerPool, run_due},
};
use sqlx::PgPool;

use super::{MailServer, mailing, nobody, patient, queue, sign_up};

#[sqlx::test]
async fn only_the_process_that_created_a_code_sends_it(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let (mine, other) = (mailing(&pool, &mail_server.url(), &[]), mailing(&pool, &mail_server.url(), &[]));
    sign_up(&mine, "new@kith.example").await;
    assert_eq!(run_due(&other.server).await.unwrap(), 0);
    assert!(server::worker::open_for_test(&other.server, "new@kith.example").await.is_err(), "it cannot even read it");
    assert_eq!(run_due(&mine.server).await.unwrap(), 1);
    mail_server.only_mail().await;
    // Any instance can send a mail without a secret.
    queue(&mine, "ok@kith.example").await;
    assert_eq!(run_due(&other.server).await.unwrap(), 1);
}

#[sqlx::test]
async fn expired_codes_are_never_sent(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    let gone = mailing(&pool, &mail_server.url(), &[]);
    sign_up(&site, "new@kith.example").await;
    sign_up(&gone, "other@kith.example").await;
    site.browser().post("/forgot-password", &[("email", "third@kith.example")]).await;
    let minutes = "select count(*) from jobs where expires_at between now() + interval '9 minutes' and now() + interval '10 minutes'";
    assert_eq!(site.count(minutes).await, 2);
    site.sql("update jobs set expires_at = now() - interval '1 second'").await;
    assert_eq!((run_due(&site.server).await.unwrap(), run_due(&site.server).await.unwrap()), (1, 1));
    assert_eq!(site.count("select count(*) from jobs").await, 1, "the one of the process that is gone");
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from jobs").await, 0);
    assert!(mail_server.heard("ehlo").is_empty());
}

#[sqlx::test]
async fn failed_mail_stores_no_secret_and_no_echoed_text(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    sign_up(&site, "spam@kith.example").await;
    let code = site.code_to("spam@kith.example").await;
    run_due(&site.server).await.unwrap();
    let row: String = sqlx::query_scalar("select jobs::text from jobs where dead_at is not null")
        .fetch_one(&pool)
        .await
        .expect("given up on");
    assert!(row.contains("554") && !row.contains("\"sealed\"") && !row.contains(&code), "{row}");
    let standing = jobs::stats(&mut pool.acquire().await.unwrap()).await.unwrap();
    assert_eq!((standing.waiting, standing.dead, standing.oldest), (0, 1, None));
    let why = standing.last_error.unwrap();
    assert!(why.contains("554") && !why.contains(&code) && !why.contains('@'), "{why}");
    assert_eq!(jobs::retry_dead(&mut pool.acquire().await.unwrap()).await.unwrap(), 0, "there is nothing to send");
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from jobs").await, 1, "the operator may still read why");
}

#[sqlx::test]
async fn gives_up_mail_with_a_broken_seal(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    sign_up(&site, "new@kith.example").await;
    site.sql("update jobs set payload = jsonb_set(payload, '{to}', '\"evil@evil.example\"')").await;
    run_due(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from jobs where dead_at is not null and last_error like '%seal%'").await, 1);
    assert!(mail_server.heard("ehlo").is_empty());
}

#[sqlx::test]
async fn codes_are_sent_before_notices(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    for _ in 0..3 {
        queue(&site, "notice@kith.example").await;
    }
    sign_up(&site, "new@kith.example").await;
    run_due(&site.server).await.unwrap();
    assert_eq!(mail_server.only_mail().await.headers("To"), ["new@kith.example"]);
    let standing = jobs::stats(&mut pool.acquire().await.unwrap()).await.unwrap();
    assert_eq!((standing.waiting, standing.dead), (3, 0));
    assert!(standing.oldest.is_some_and(|oldest| oldest < Duration::from_secs(60)));
}

#[sqlx::test]
async fn a_stopping_process_retries_mail_only_it_can_send(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    sign_up(&site, "busy-once@kith.example").await;
    run_due(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from jobs where attempts = 1 and run_at > now()").await, 1, "a pause");
    queue(&site, "notice@kith.example").await;
    site.sql("update jobs set run_at = now() + interval '1 minute' where sealed_by is null").await;
    let begun = Instant::now();
    WorkerPool::start(&site.server).finish(begun + Duration::from_secs(10)).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "no longer than it takes: {:?}", begun.elapsed());
    assert_eq!(mail_server.only_mail().await.headers("To"), ["busy-once@kith.example"]);
    assert_eq!(site.count("select count(*) from jobs").await, 1, "another copy sends the rest");
}

#[sqlx::test]
async fn a_stopping_process_leaves_other_mail_to_other_instances(pool: PgPool) {
    let mail_server = MailServer::start(&["--delay", "0.5"]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    for _ in 0..40 {
        queue(&site, "slow@kith.example").await;
    }
    let begun = Instant::now();
    WorkerPool::start(&site.server).finish(begun + Duration::from_secs(10)).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(site.count("select count(*) from jobs where leased_until is null").await >= 30);
}

#[sqlx::test]
async fn a_stopping_process_waits_only_until_its_deadline(pool: PgPool) {
    let mail_server = MailServer::start(&["--mode", "mute"]);
    let site = patient(&pool, &mail_server.url());
    sign_up(&site, "new@kith.example").await;
    let crew = WorkerPool::start(&site.server);
    mail_server.wait_for("connected", 1).await;
    let begun = Instant::now();
    crew.finish(begun + Duration::from_secs(1)).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    // Nor does a process without mail to send wait at all.
    let idle = mailing(&pool, &format!("smtp://127.0.0.1:{}", nobody()), &[]);
    let begun = Instant::now();
    WorkerPool::start(&idle.server).finish(begun + Duration::from_secs(10)).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}
