//! Digests of unread notifications: at most one per interval, never twice the same notification, stopped with one
//! press.

mod trouble;

use http::{Request, StatusCode};
use server::{social::notifications, worker::WorkerPool};
use sqlx::PgPool;

use super::{bell, follow, like, newest, suspend};
use crate::tests::{
    Answer, Site,
    operations::smtp::{MailServer, mailing},
    support::site::as_served,
};

const DUE: &str = "update digests set due_at = now()";
const TO: &str = "alan@kith.example";

/// A user replies to alan.
async fn answer(site: &Site, username: &str, words: &str) -> i64 {
    let post = site.post("alan", "a question").await;
    site.signed_in(username).await.post(&format!("/posts/{post}/replies"), &[("body", words)]).await;
    post
}

async fn queue_due(site: &Site) -> usize {
    notifications::queue_due(&site.server).await.unwrap()
}

const QUEUED: &str = "select count(*) from jobs where kind = 'digest'";

#[sqlx::test]
async fn unread_notifications_are_mailed_once_after_a_day(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    answer(&site, "ada", "Because of <this> & that, see https://evil.example/x").await;
    follow(&site, "grace", "alan", "true").await;
    assert_eq!(queue_due(&site).await, 0, "not yet");
    let hours = "select round(extract(epoch from due_at - now()) / 3600)::bigint from digests";
    assert_eq!(site.count(hours).await, 24);
    site.sql(DUE).await;
    assert_eq!((queue_due(&site).await, queue_due(&site).await), (1, 0));
    assert_eq!(site.count(QUEUED).await, 1);
    let mail = site.mail_to(TO).await.unwrap();
    assert!(mail.contains("Ada replied to you: “Because of <this> & that, see [link]”"), "{mail}");
    assert!(!mail.contains("Grace"), "of followers one is not mailed unless one wants it: {mail}");
    assert!(mail.contains("https://kith.example/notifications") && !mail.contains("evil"), "{mail}");
    // Nothing new, no mail; something new, the next mail, without the notifications that were mailed.
    answer(&site, "edsger", "I see.").await;
    site.sql("delete from jobs").await;
    site.sql(DUE).await;
    assert_eq!(queue_due(&site).await, 1);
    let mail = site.mail_to(TO).await.unwrap();
    assert!(mail.contains("Edsger replied to you") && !mail.contains("Ada"), "{mail}");
}

#[sqlx::test]
async fn read_or_withdrawn_notifications_are_not_mailed(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    answer(&site, "ada", "one").await;
    let read = format!("/notifications/{}/read", newest(&site, "alan").await);
    site.sql(DUE).await;
    // Before it is queued.
    let mut alan = site.signed_in("alan").await;
    alan.post(&read, &[]).await;
    assert_eq!((queue_due(&site).await, site.count(QUEUED).await), (1, 0));
    // And after.
    answer(&site, "ada", "two").await;
    site.sql(DUE).await;
    queue_due(&site).await;
    assert_eq!(site.count(QUEUED).await, 1);
    alan.post(&format!("/notifications/{}/read", newest(&site, "alan").await), &[]).await;
    assert!(site.mail_to(TO).await.is_none());
    answer(&site, "ada", "three").await;
    site.sql(DUE).await;
    queue_due(&site).await;
    assert!(site.mail_to(TO).await.is_some());
    suspend(&site, "ada").await;
    assert!(site.mail_to(TO).await.is_none());
}

#[sqlx::test]
async fn suspended_users_get_no_digest(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    answer(&site, "ada", "one").await;
    site.sql(DUE).await;
    let mut tries = 0;
    for queued_before in [true, false] {
        if queued_before {
            queue_due(&site).await;
        }
        let alan = suspend(&site, "alan").await;
        tries += queue_due(&site).await;
        assert!(site.mail_to(TO).await.is_none());
        server::accounts::restore(&site.server, alan).await.unwrap();
        site.sql("delete from jobs").await;
        answer(&site, "ada", "again").await;
        site.sql(DUE).await;
    }
    assert_eq!(tries, 1);
}

#[sqlx::test]
async fn two_instances_queue_each_digest_once(pool: PgPool) {
    let copies = [Site::with_cast(&pool).await, Site::new(&as_served(&pool, 8))];
    let site = &copies[0];
    site.add_users("fan", 120).await;
    let ada = "(select id from users where username = 'ada')";
    for round in 0..20 {
        site.sql("delete from jobs; delete from notifications; delete from posts").await;
        site.sql(&format!(
            "with p as (insert into posts (author_id, body) select {ada}, 'x' from generate_series(1, 240) returning id),
             n as (select id, row_number() over () n from p), u as (select id, row_number() over () n from users where username like 'fan%'),
             t as (insert into notifications (user_id, kind, post_id, actor_id)
                   select u.id, 'reply', n.id, {ada} from n join u on u.n = n.n % 120 + 1 returning user_id)
             insert into digests select distinct user_id, now() from t"
        ))
        .await;
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let server = copies[n % 2].server.clone();
                tokio::spawn(async move { while notifications::queue_due(&server).await.unwrap() > 0 {} })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(site.count(QUEUED).await, 120, "round {round}");
        let each = "select count(distinct payload->>'user') from jobs where jsonb_array_length(payload->'told') = 2";
        assert_eq!(site.count(each).await, 120, "round {round}");
    }
}

#[sqlx::test]
async fn users_choose_which_notifications_are_mailed_and_how_often(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let page = alan.get("/settings/notifications").await.body;
    let ticked = |page: &str, name: &str| {
        let input =
            page.split("<input").find(|part| part.contains(name)).unwrap().split('>').next().unwrap().to_owned();
        input.contains("checked")
    };
    for (name, on) in
        [("\"daily\"", true), ("\"off\"", false), ("\"reply\"", true), ("\"mention\"", true), ("\"like\"", false)]
    {
        assert_eq!(ticked(&page, name), on, "{name}");
    }
    let post = answer(&site, "ada", "one").await;
    let chosen = alan.post("/settings/notifications", &[("rhythm", "weekly"), ("like", "true")]).await;
    assert_eq!((chosen.status, chosen.flash()), (StatusCode::SEE_OTHER, "mail-chosen"));
    assert_eq!(site.count("select count(*) from digests").await, 0, "nothing waits of what is wanted now");
    like(&site, "ada", post, "true").await;
    assert_eq!(site.count("select round(extract(epoch from due_at - now()) / 86400)::bigint from digests").await, 7);
    site.sql(DUE).await;
    queue_due(&site).await;
    let mail = site.mail_to(TO).await.unwrap();
    assert!(
        mail.contains("Ada liked your post") && !mail.contains("replied") && mail.contains("once a week"),
        "{mail}"
    );
    alan.post("/settings/notifications", &[("rhythm", "off"), ("reply", "true")]).await;
    answer(&site, "ada", "two").await;
    assert_eq!(site.count("select count(*) from digests").await, 0);
    assert!(site.mail_to(TO).await.is_none(), "and what was queued does not go");
    alan.post("/settings/notifications", &[("rhythm", "daily"), ("reply", "true")]).await;
    assert_eq!(site.count("select count(*) from digests").await, 1, "what waits is mailed by the new rhythm");
    let nonsense = alan.post("/settings/notifications", &[("rhythm", "hourly")]).await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Presses as a mail provider does for its user: from anywhere, without cookies, in a form of either kind.
async fn press(site: &Site, url: &str, kind: &str, body: &str) -> Answer {
    let path = url.strip_prefix("https://kith.example").unwrap();
    let request = Request::builder().method("POST").uri(path).header("content-type", kind);
    site.browser().send(request.body(body.to_owned().into()).unwrap()).await
}

const FORM: &str = "application/x-www-form-urlencoded";

fn stop(mail: &str) -> String {
    mail.split_whitespace().find(|word| word.contains("/unsubscribe?token=")).expect("a way out").to_owned()
}

#[sqlx::test]
async fn one_click_unsubscribe_works_signed_out_and_ends_only_digests(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let off = "select count(*) from users where digest_rhythm = 'off'";
    answer(&site, "ada", "one").await;
    site.sql(DUE).await;
    queue_due(&site).await;
    let url = stop(&site.mail_to(TO).await.unwrap());
    let path = url.strip_prefix("https://kith.example").unwrap();
    // Programs that open every link in a mail stop nothing.
    let page = site.browser().get(path).await;
    assert!(page.status == StatusCode::OK && page.body.contains("Stop these mails"));
    assert_eq!(site.count(off).await, 0);
    assert_eq!(press(&site, &url, FORM, "x=y").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let known = press(&site, &url, FORM, "List-Unsubscribe=One-Click").await;
    assert_eq!((known.status, site.count(off).await), (StatusCode::OK, 1), "{}", known.body);
    assert!(site.mail_to(TO).await.is_none());
    // Again, in the other form: the same answer.
    let parts = "--x\r\ncontent-disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let again = press(&site, &url, "multipart/form-data; boundary=x", parts).await;
    let unknown = format!("https://kith.example/unsubscribe?token={}", server::base::random::Token::new().text());
    let nobody = press(&site, &unknown, FORM, "List-Unsubscribe=One-Click").await;
    let none = press(&site, "https://kith.example/unsubscribe?token=x", FORM, "List-Unsubscribe=One-Click").await;
    assert_eq!((again.status, &again.body), (known.status, &known.body));
    // A token that is unknown stops nothing, and the page does not say that it did.
    for other in [&nobody, &none] {
        assert_eq!((other.status, other.body.contains("No more of these mails")), (StatusCode::OK, false));
        assert!(other.body.contains("works no more") && other.body.contains("href=\"/settings/notifications\""));
    }
    for other in [&again, &nobody, &none] {
        assert!(other.set_cookies().is_empty());
    }
    assert_eq!(site.count(off).await, 1);
    // Notifications on the site continue as before.
    answer(&site, "edsger", "two").await;
    assert_eq!(bell(&site.signed_in("alan").await.get("/").await), "Notifications, 2 unread");
    assert_eq!(site.count("select count(*) from digests").await, 0);
}

#[sqlx::test]
async fn unsubscribe_links_last_400_days_and_report_when_expired(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let off = "select count(*) from users where digest_rhythm = 'off'";
    answer(&site, "ada", "one").await;
    site.sql(DUE).await;
    queue_due(&site).await;
    let url = stop(&site.mail_to(TO).await.unwrap());
    let days = "select round(extract(epoch from expires_at - now()) / 86400)::bigint from unsubscribe_links";
    assert_eq!(site.count(days).await, 400);
    site.sql("update unsubscribe_links set expires_at = now()").await;
    let late = press(&site, &url, FORM, "List-Unsubscribe=One-Click").await;
    assert_eq!((late.status, site.count(off).await), (StatusCode::OK, 0));
    assert!(late.body.contains("works no more"), "{}", late.body);
}

#[sqlx::test]
async fn digests_carry_the_unsubscribe_headers_of_rfc_8058(pool: PgPool) {
    let mail_server = MailServer::start(&[]);
    drop(Site::with_cast(&pool).await);
    let site = mailing(&pool, &mail_server.url(), &[]);
    answer(&site, "ada", "one").await;
    site.sql(DUE).await;
    queue_due(&site).await;
    // The notice of a new browser has a test of its own.
    site.sql("delete from jobs where kind <> 'digest'").await;
    let _crew = WorkerPool::start(&site.server);
    let mail = mail_server.only_mail().await;
    assert_eq!(mail.headers("Subject"), ["Ada replied to you on Kith"]);
    assert_eq!(mail.headers("List-Unsubscribe-Post"), ["List-Unsubscribe=One-Click"]);
    let [header] = mail.headers("List-Unsubscribe")[..] else { panic!("one List-Unsubscribe") };
    let url = header.strip_prefix('<').and_then(|url| url.strip_suffix('>')).expect(header);
    assert_eq!(url, stop(mail.part("text/plain")));
    assert!(mail.part("text/html").contains(&url.replace('&', "&amp;")));
    press(&site, url, FORM, "List-Unsubscribe=One-Click").await;
    assert_eq!(site.count("select count(*) from users where digest_rhythm = 'off'").await, 1);
}
