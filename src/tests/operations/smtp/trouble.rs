//! A mail server that is down, slow, full, strict or broken: no visitor notices, and every mail comes to an end.

use std::time::{Duration, Instant};

use server::worker::{LEASE, WorkerPool, run_due};
use sqlx::PgPool;

use super::{MailServer, mailing, nobody, patient, queue, sign_up, wait_until};
use crate::tests::Site;

/// Returns the state of the only job: its tries so far, the minutes until the next, whether it is dead, the last error.
async fn standing(site: &Site) -> (i16, i64, bool, String) {
    sqlx::query_as(
        "select attempts, round(extract(epoch from run_at - now()) / 60)::bigint, dead_at is not null, last_error from jobs",
    )
    .fetch_one(site.server.db())
    .await
    .unwrap()
}

// F05.
#[sqlx::test]
async fn no_visitor_waits_for_a_silent_mail_server(pool: PgPool) {
    let cast = Site::with_cast(&pool).await;
    let mail_server = MailServer::start(&["--mode", "mute"]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    let mut alan = cast.signed_in("alan").await;
    site.sql("delete from jobs").await;
    let _crew = WorkerPool::start(&site.server);
    // One after the other, so that later ones meet workers that are all waiting.
    for round in 0..3 {
        let begun = Instant::now();
        sign_up(&site, &format!("new{round}@kith.example")).await;
        site.browser().post("/forgot-password", &[("email", "ada@kith.example")]).await;
        site.browser().post("/sign-in/code/send", &[("email", "grace@kith.example")]).await;
        alan.post("/elevate/send", &[("next", "/")]).await;
        // This includes hashing and judging a password, and other tests run at the same time.
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    }
    mail_server.wait_for("connected", 4).await;
    assert_eq!(site.count("select count(*) from jobs").await, 12, "nothing is lost");
}

// F05.
#[sqlx::test]
async fn retries_failed_mail_on_schedule_and_then_gives_up(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    queue(&site, "busy@kith.example").await;
    for (tries, minutes) in [(1, 1), (2, 5), (3, 30), (4, 360)] {
        run_due(&site.server).await.unwrap();
        let (attempts, until, dead, why) = standing(&site).await;
        assert_eq!((attempts, until, dead), (tries, minutes, false), "{why}");
        assert!(why.contains("451") && why.contains("try again later"), "{why}");
        assert_eq!(run_due(&site.server).await.unwrap(), 0, "not before");
        site.sql("update jobs set run_at = now()").await;
    }
    run_due(&site.server).await.unwrap();
    assert!(standing(&site).await.2);
    assert_eq!((run_due(&site.server).await.unwrap(), mail_server.wait_for("rcpt", 5).await.len()), (0, 5));
}

// F05.
#[sqlx::test]
async fn retries_temporary_failures_and_gives_up_permanent_ones(pool: PgPool) {
    let mail_server = MailServer::start(&["--delay", "0.2"]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    for (name, dead, why) in [
        ("busy", false, "451"),
        ("swallow", false, "too long"),
        ("drop", false, "did not take"),
        ("refuse", true, "550"),
        ("spam", true, "554"),
    ] {
        queue(&site, &format!("{name}@kith.example")).await;
        run_due(&site.server).await.unwrap();
        let found = standing(&site).await;
        assert_eq!((found.0, found.2), (1, dead), "{name}: {}", found.3);
        assert!(found.3.contains(why) && !found.3.contains('@'), "{name}: {}", found.3);
        site.sql("delete from jobs").await;
    }
    queue(&site, "slow@kith.example").await;
    run_due(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from jobs").await, 0, "slow is no failure");
    let [mute, full, slower] =
        ["mute", "full", "slow"].map(|mode| MailServer::start(&["--mode", mode, "--delay", "0.8"]));
    for (url, why) in [
        (format!("smtp://127.0.0.1:{}", nobody()), "refused"),
        (mute.url(), "too long"),
        (full.url(), "421"),
        (slower.url(), "too long"),
    ] {
        let site = mailing(&pool, &url, &[]);
        queue(&site, "somebody@kith.example").await;
        run_due(&site.server).await.unwrap();
        let found = standing(&site).await;
        assert!((found.0, found.1, found.2) == (1, 1, false) && found.3.contains(why), "{why}: {found:?}");
        site.sql("delete from jobs").await;
    }
}

#[sqlx::test]
async fn a_lease_outlasts_the_longest_conversation(pool: PgPool) {
    let site = Site::with(&pool, &[("KITH_SMTP_URL", "smtp://127.0.0.1:1")]);
    assert_eq!(site.server.config().mail.patience, Duration::from_secs(30));
    assert!(LEASE >= 3 * site.server.config().mail.patience, "time to note what was said, too");
    queue(&site, "ok@kith.example").await;
    // The state that a killed process leaves.
    site.sql("update jobs set attempts = 5, run_at = now(), leased_until = now()").await;
    run_due(&site.server).await.unwrap();
    let (_, _, dead, why) = standing(&site).await;
    assert!(dead && why.contains("never brought to an end"), "{why}");
}

#[sqlx::test]
async fn slow_mail_does_not_delay_other_mail(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    let _crew = WorkerPool::start(&site.server);
    // The workers have polled once, and would poll again only after two seconds.
    tokio::time::sleep(Duration::from_millis(200)).await;
    for to in ["swallow@kith.example", "swallow@kith.example", "a@kith.example", "b@kith.example"] {
        queue(&site, to).await;
    }
    let begun = Instant::now();
    site.server.wake().ring();
    wait_until("the two good ones", async || site.count("select count(*) from jobs").await == 2).await;
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
}

#[sqlx::test]
async fn workers_survive_a_database_outage(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    site.sql("alter table jobs rename to away").await;
    let _crew = WorkerPool::start(&site.server);
    tokio::time::sleep(Duration::from_millis(300)).await;
    site.sql("alter table away rename to jobs").await;
    queue(&site, "ok@kith.example").await;
    mail_server.only_mail().await;
}

/// Only Linux leaves a connection unanswered as soon as the queue is full.
#[cfg(target_os = "linux")]
#[sqlx::test]
async fn abandons_an_unanswered_connection_after_five_seconds(pool: PgPool) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let hole = socket.listen(0).unwrap();
    let address = hole.local_addr().unwrap();
    let _full = tokio::net::TcpStream::connect(address).await.unwrap();
    let site = patient(&pool, &format!("smtp://{address}"));
    queue(&site, "ok@kith.example").await;
    let begun = Instant::now();
    run_due(&site.server).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 5);
    let (_, minutes, dead, why) = standing(&site).await;
    assert!((minutes, dead) == (1, false) && why.contains("no conversation"), "{why}");
}
