//! Delivery of mail: each mail arrives once.

use std::time::{Duration, Instant};

use clap::Parser;
use http::StatusCode;
use server::{
    identity::mails,
    mailer::Mail,
    worker::{WorkerPool, run_due},
};
use sqlx::PgPool;

use super::{MailServer, mailing, queue, sign_up, wait_until};
use crate::tests::{Site, identity::recovery::link_to};

#[sqlx::test]
async fn sign_up_code_arrives_once_as_text_and_html(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    let _crew = WorkerPool::start(&site.server);
    let mut browser = sign_up(&site, "New@Kith.example").await;
    let mail = mail_server.only_mail().await;
    assert_eq!(mail.0["sender"], "noreply@kith.example");
    assert_eq!(mail.0["to"], serde_json::json!(["New@kith.example"]), "the stored address and nobody else");
    assert_eq!(mail.headers("From"), ["Kith <noreply@kith.example>"]);
    assert_eq!(mail.headers("To"), ["New@kith.example"]);
    assert_eq!(mail.headers("Auto-Submitted"), ["auto-generated"]);
    assert_eq!(mail.headers("MIME-Version"), ["1.0"]);
    for absent in ["Bcc", "Cc", "Reply-To", "Sender", "User-Agent", "X-Mailer"] {
        assert!(mail.headers(absent).is_empty(), "{absent}");
    }
    let [id] = mail.headers("Message-ID")[..] else { panic!("one Message-ID") };
    assert!(id.starts_with('<') && id.ends_with("@kith.example>") && !id.contains(' '), "{id}");
    assert_eq!(mail.headers("Date").len(), 1);
    assert!(mail.headers("Subject")[0].starts_with(mail.code()));
    assert!(mail.part("text/html").contains(mail.code()));
    wait_until("the row is gone", async || site.count("select count(*) from jobs").await == 0).await;
    let code = mail.code().to_owned();
    assert_eq!(browser.post("/sign-up/verify", &[("code", &code)]).await.location(), "/");
    assert_eq!(mail_server.heard("data").len(), 1);
}

#[sqlx::test]
async fn every_kind_of_mail_parses_as_written(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[("KITH_MAIL_FROM", "\"Kïth, the site\" <post@kith.example>")]);
    let all = server::worker::mail_samples(&site.server.config().origin);
    for (number, message) in all.iter().enumerate() {
        let mail = Mail { to: "ada@kith.example".to_owned(), message: message.clone() };
        site.server.mailer().send(&mail, &number.to_string()).await.unwrap();
    }
    let arrived = mail_server.wait_for("data", all.len()).await;
    for (mail, message) in arrived.into_iter().map(super::Arrived).zip(all) {
        assert_eq!(mail.0["kind"], "multipart/alternative");
        assert_eq!(mail.0["defects"], serde_json::json!([]), "{}", message.subject);
        assert!(mail.0["longest"].as_u64().unwrap() <= 998 && mail.0["ascii"] == true, "RFC 5322");
        assert_eq!(mail.headers("Subject"), [message.subject.as_str()]);
        assert_eq!(mail.headers("From"), ["\"Kïth, the site\" <post@kith.example>"]);
        let parts = mail.0["parts"].as_array().unwrap();
        let kinds: Vec<_> = parts.iter().map(|part| (part[0].as_str(), part[1].as_str())).collect();
        assert_eq!(kinds, [(Some("text/plain"), Some("utf-8")), (Some("text/html"), Some("utf-8"))], "richest last");
        assert_eq!(mail.part("text/plain").replace("\r\n", "\n").trim_end(), message.text.trim_end());
        assert_eq!(mail.part("text/html").trim_end(), message.html.trim_end());
    }
}

#[sqlx::test]
async fn mails_a_working_reset_link_to_the_stored_address(pool: PgPool) {
    Site::with_cast(&pool).await;
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    for asked in ["ALAN@kith.example", "nobody@kith.example"] {
        assert_eq!(site.browser().post("/forgot-password", &[("email", asked)]).await.status, StatusCode::OK);
    }
    let shapes = "select count(distinct (kind, payload - 'to', expires_at - created_at)) from jobs";
    assert_eq!(site.count(shapes).await, 1, "what is queued does not tell who is known");
    assert_eq!(site.count("select count(*) from email_links").await, 0, "nothing was looked up");
    assert_eq!((run_due(&site.server).await.unwrap(), run_due(&site.server).await.unwrap()), (1, 1));
    let mails: Vec<_> = mail_server.wait_for("data", 2).await.into_iter().map(super::Arrived).collect();
    assert_eq!(mails[0].headers("To"), ["alan@kith.example"]);
    let text = mails[0].part("text/plain");
    let (_, link) = text.split_once("https://kith.example/reset-password?token=").expect("a link");
    let mut browser = site.browser();
    browser.get(&format!("/reset-password?token={}", &link[..43])).await;
    assert!(browser.get("/reset-password").await.body.contains("@alan"));
    assert_eq!(mails[1].headers("To"), ["nobody@kith.example"]);
    assert!(mails[1].part("text/plain").contains("no account has it"));
}

#[sqlx::test]
async fn drops_links_to_an_address_the_account_no_longer_has(pool: PgPool) {
    let cast = Site::with_cast(&pool).await;
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    let alan = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::start_reset(&site.server, alan).await.unwrap();
    site.sql("update users set email = 'new@kith.example' where username = 'alan'").await;
    assert_eq!(run_due(&site.server).await.unwrap(), 1);
    assert_eq!(site.count("select count(*) from jobs").await, 0, "dropped");
    server::accounts::start_reset(&site.server, alan).await.unwrap();
    let token = link_to(&cast, "new@kith.example", "/reset-password").await;
    // A newer link, created when its mail is sent, revokes the one before.
    site.browser().post("/forgot-password", &[("email", "new@kith.example")]).await;
    site.sql("delete from jobs where kind = 'reset_link'").await;
    run_due(&site.server).await.unwrap();
    assert_eq!(mail_server.only_mail().await.headers("To"), ["new@kith.example"]);
    let mut old = site.browser();
    old.get(&format!("/reset-password?token={token}")).await;
    assert_eq!(old.get("/reset-password").await.location(), "/forgot-password");
    assert_eq!(site.count("select count(*) from email_links where used_at is null").await, 1);
}

#[sqlx::test]
async fn refuses_addresses_with_injected_headers_or_recipients(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    for email in ["a@b.example\r\nBcc: x@y.example", "a@b.example, x@y.example", "<a@b.example> x", "a@b.example\0"] {
        let fields = [("email", email), ("username", "newcomer"), ("password", "seven green umbrellas sing")];
        assert_eq!(site.browser().post("/sign-up", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
    }
    // Nor would one that is in the queue already, however it got there: the worker gives it up at once.
    for (n, email) in ["a@b.example\r\nBcc: x@y.example", "a@b.example>\r\nRCPT TO:<x@y.example"].iter().enumerate() {
        queue(&site, email).await;
        run_due(&site.server).await.unwrap();
        let dead = "select count(*) from jobs where dead_at is not null and last_error like '%cannot be mailed to%'";
        assert_eq!(site.count(dead).await, n as i64 + 1);
    }
    assert!(mail_server.heard("ehlo").is_empty());
}

#[sqlx::test]
async fn resends_unconfirmed_mail_with_the_same_message_id(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    queue(&site, "swallow-once@kith.example").await;
    run_due(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from jobs where last_error like '%too long%'").await, 1);
    site.sql("update jobs set run_at = now()").await;
    run_due(&site.server).await.unwrap();
    let mails = mail_server.wait_for("data", 2).await;
    assert_eq!((&mails[0]["taken"], &mails[1]["taken"]), (&false.into(), &true.into()));
    let [first, second] = [0, 1].map(|n| super::Arrived(mails[n].clone()));
    assert_eq!(first.headers("Message-ID"), second.headers("Message-ID"), "by which the receiver knows it");
    queue(&site, "ok@kith.example").await;
    run_due(&site.server).await.unwrap();
    let third = super::Arrived(mail_server.wait_for("data", 3).await.remove(2));
    assert_ne!(third.headers("Message-ID"), second.headers("Message-ID"));
}

#[sqlx::test]
async fn accepted_mail_counts_as_sent_despite_a_failed_quit(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    queue(&site, "rude@kith.example").await;
    let begun = Instant::now();
    run_due(&site.server).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(site.count("select count(*) from jobs").await, 0);
    mail_server.only_mail().await;
}

#[sqlx::test]
async fn accepted_mail_is_not_resent_during_a_database_outage(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    site.sql(
        "create function no() returns trigger language plpgsql as 'begin raise exception ''away''; end';
         create trigger no before delete on jobs for each row execute function no()",
    )
    .await;
    let _crew = WorkerPool::start(&site.server);
    queue(&site, "ok@kith.example").await;
    site.server.wake().ring();
    mail_server.only_mail().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(site.count("select count(*) from jobs where attempts = 1 and leased_until > now()").await, 1);
    site.sql("drop trigger no on jobs").await;
    wait_until("the row is gone", async || site.count("select count(*) from jobs").await == 0).await;
    mail_server.only_mail().await;
}

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    mail: crate::cli::mail::Mail,
}

async fn kith_mail(site: &Site, line: &str) -> Result<(), String> {
    let line = Line::try_parse_from(std::iter::once("mail").chain(line.split(' '))).unwrap();
    line.mail.run(&site.server).await.map_err(|error| format!("{error:#}"))
}

async fn doctor(site: &Site) -> Vec<String> {
    crate::cli::doctor::queue(&site.server).await.unwrap()
}

#[sqlx::test]
async fn operator_tests_mail_and_retries_or_drops_failed_jobs(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let site = mailing(&pool, &mail_server.url(), &[]);
    kith_mail(&site, "test ok@kith.example").await.unwrap();
    assert!(mail_server.only_mail().await.part("text/plain").contains("Mail works"));
    let why = kith_mail(&site, "test refuse@kith.example").await.unwrap_err();
    assert!(why.contains("did not go") && why.contains("550") && why.contains("nobody here"), "{why}");
    let gone = mailing(&pool, &format!("smtp://127.0.0.1:{}", super::nobody()), &[]);
    let why = kith_mail(&gone, "test ok@kith.example").await.unwrap_err();
    assert!(why.contains("no conversation") && why.contains("refused"), "{why}");
    assert_eq!(doctor(&site).await, ["jobs       0 waiting, 0 given up on"]);
    queue(&site, "refuse@kith.example").await;
    run_due(&site.server).await.unwrap();
    let lines = doctor(&site).await;
    assert_eq!(lines[0], "jobs       0 waiting, 1 given up on");
    assert!(lines[1].contains("kith mail retry") && lines[1].contains("kith mail drop"), "{lines:?}");
    assert!(lines[2].contains("the last failure: ") && lines[2].contains("550"), "{lines:?}");
    assert!(!lines.concat().contains('@'), "neither to whom nor what: {lines:?}");
    kith_mail(&site, "retry").await.unwrap();
    assert_eq!(site.count("select count(*) from jobs where dead_at is null and attempts = 0").await, 1);
    run_due(&site.server).await.unwrap();
    kith_mail(&site, "drop").await.unwrap();
    assert_eq!(site.count("select count(*) from jobs").await, 0);
    queue(&site, "ok@kith.example").await;
    assert!(doctor(&site).await[1].contains("the oldest has waited for 0 s"));
}

/// Returns the token in the link of a mail.
fn token_in(mail: &super::Arrived, path: &str) -> String {
    let (_, rest) = mail.part("text/plain").split_once(&format!("https://kith.example{path}?token=")).expect("a link");
    crate::tests::support::trace::note_field("token", &rest[..43]);
    rest[..43].to_owned()
}

/// A receiver may keep only the first of two copies of a mail, or only the second: by their message id they are the
/// same mail.
#[sqlx::test]
async fn links_work_from_either_copy_of_a_resent_mail(pool: PgPool) {
    Site::with_cast(&pool).await;
    const OWN: &str = "swallow-once@kith.example";
    for (path, flash, gone) in
        [("/undo-email", "email-restored", "undo-link-gone"), ("/reset-password", "password-changed", "link-gone")]
    {
        for kept in [0, 1] {
            let mail_server = MailServer::start(&[]);
            let site = mailing(&pool, &mail_server.url(), &[]);
            site.sql("delete from limits; delete from jobs; delete from email_links; delete from passwords where user_id = (select id from users where username = 'alan')").await;
            site.sql(&format!("update users set email = '{OWN}' where username = 'alan'; insert into passwords (user_id, hash) select u.id, p.hash from users u, passwords p join users a on a.id = p.user_id where u.username = 'alan' and a.username = 'ada'")).await;
            if path == "/undo-email" {
                let mut intruder = site.signed_in("alan").await;
                intruder.post("/settings/account/email", &[("email", "ok@evil.example")]).await;
                let code = site.code_to("ok@evil.example").await;
                intruder.post("/settings/account/email/verify", &[("code", &code)]).await;
                site.sql("delete from jobs where kind <> 'undo_link'").await;
            } else {
                site.browser().post("/forgot-password", &[("email", OWN)]).await;
            }
            run_due(&site.server).await.unwrap();
            assert_eq!(site.count("select count(*) from jobs where last_error like '%too long%'").await, 1);
            site.sql("update jobs set run_at = now()").await;
            run_due(&site.server).await.unwrap();
            assert_eq!(site.count("select count(*) from jobs").await, 0);
            let mails = mail_server.wait_for("data", 2).await;
            let copies = [0, 1].map(|n| super::Arrived(mails[n].clone()));
            assert_eq!(copies[0].headers("Message-ID"), copies[1].headers("Message-ID"));
            let mut browser = site.browser();
            browser.get(&format!("{path}?token={}", token_in(&copies[kept], path))).await;
            let fields = [("new_password", "seven green umbrellas sing")];
            let answer = browser.post(path, &fields[..usize::from(path == "/reset-password")]).await;
            assert_eq!(answer.flash(), flash, "{path}, copy {kept}: {}", answer.body);
            // And this uses the other up.
            let mut again = site.browser();
            again.get(&format!("{path}?token={}", token_in(&copies[1 - kept], path))).await;
            let answer = again.post(path, &fields[..usize::from(path == "/reset-password")]).await;
            assert_eq!(answer.flash(), gone, "{path}, copy {kept}");
        }
    }
}

#[sqlx::test]
async fn greets_with_a_bracketed_address_for_an_ip_origin(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    let settings = [("KITH_ORIGIN", "https://203.0.113.5"), ("KITH_MAIL_FROM", "Kith <noreply@kith.example>")];
    let site = mailing(&pool, &mail_server.url(), &settings);
    let message = mails::test(&site.server.config().origin);
    let mail = Mail { to: "ada@kith.example".to_owned(), message };
    site.server.mailer().send(&mail, "1").await.unwrap();
    assert_eq!(mail_server.wait_for("ehlo", 1).await[0]["name"], "[203.0.113.5]");
    let arrived = mail_server.only_mail().await;
    assert_eq!(arrived.headers("Message-ID"), ["<1@[203.0.113.5]>"]);
    assert_eq!(arrived.headers("From"), ["Kith <noreply@kith.example>"]);
}
