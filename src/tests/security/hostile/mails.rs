//! Limits on mails and passwords that strangers use up.

use http::StatusCode;
use sqlx::PgPool;

use super::{PASSWORD, Site, link_to};

#[sqlx::test]
async fn a_new_network_gets_mail_despite_an_exhausted_limit(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (path, email) in [("/sign-in/code/send", "alan@kith.example"), ("/forgot-password", "ada@kith.example")] {
        let to = [("email", email)];
        for _ in 0..7 {
            site.browser().at("198.51.100.7").post(path, &to).await;
        }
        // The first from another network still gets a mail, which says that others tried.
        let mut owner = site.browser();
        let answer = owner.post(path, &to).await;
        assert_ne!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}: {}", answer.body);
        assert!(site.mail_to(email).await.unwrap().contains("Others have asked"), "{path}");
        // The owner's code remains valid for longer when there can be no other.
        site.sql("update email_codes set expires_at = now() + interval '1 minute'").await;
        let again = owner.post(path, &to).await;
        assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert!(again.body.contains("still works") && again.body.contains("others may have"), "{}", again.body);
        let longer = "select count(*) from email_codes where expires_at > now() + interval '9 minutes'";
        assert_eq!(site.count(longer).await, i64::from(path.starts_with("/sign-in")), "{path}");
        site.sql("delete from email_codes").await;
    }
}

#[sqlx::test]
async fn mailed_links_open_accounts_after_all_limits_are_exhausted(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let to = [("email", "alan@kith.example")];
    for n in 0..30 {
        site.browser().at(&format!("198.51.{n}.7")).post("/sign-in/code/send", &to).await;
    }
    let sent = site.count("select count(*) from jobs where payload->>'to' = 'alan@kith.example'").await;
    assert_eq!(sent, 11, "five, five of the reserve, and the last");
    let token = link_to(&site, "alan@kith.example", "/reset-password").await;
    for path in ["/sign-in/code/send", "/forgot-password"] {
        let mut faces = Vec::new();
        for email in ["alan@kith.example", "nobody@kith.example"] {
            if email.starts_with("nobody") {
                for n in 0..30 {
                    site.browser().at(&format!("198.51.{n}.7")).post(path, &[("email", email)]).await;
                }
            }
            let over = site.browser().at("192.0.2.9").post(path, &[("email", email)]).await;
            assert!(over.body.contains("The newest one with a link"), "{path} {}", over.body);
            faces.push((over.status, over.body.replace(email, "X")));
        }
        assert_eq!(faces[0].0, faces[1].0, "{path}: known and unknown look the same");
        site.sql("delete from limits where policy = 'ask.client'").await;
    }
    site.sql("update email_links set expires_at = expires_at - interval '60 minutes'").await;
    let mut owner = site.browser();
    owner.get(&format!("/reset-password?token={token}")).await;
    assert_eq!(owner.post("/reset-password", &[("new_password", "seven green umbrellas sing")]).await.location(), "/");
    assert_eq!(owner.who().await.as_deref(), Some("alan"));
}

#[sqlx::test]
async fn other_clients_cannot_block_an_address_from_signing_up(pool: PgPool) {
    let site = Site::new(&pool);
    let fields = [("email", "new@kith.example"), ("username", "newcomer"), ("password", "seven green umbrellas sing")];
    for _ in 0..7 {
        site.browser().at("198.51.100.7").post("/sign-up", &fields).await;
    }
    let mut owner = site.browser();
    assert_eq!(owner.post("/sign-up", &fields).await.location(), "/sign-up/verify");
    let code = site.code_to("new@kith.example").await;
    site.sql("update registrations set code_expires_at = now() + interval '1 minute'").await;
    let again = owner.post("/sign-up/resend", &[]).await;
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(again.body.contains("still works"), "{}", again.body);
    // Another sign-up with the same address keeps the code.
    let other = [fields[0], ("username", "another"), fields[2]];
    assert_eq!(owner.post("/sign-up", &other).await.location(), "/sign-up/verify");
    site.sql("update registrations set code_expires_at = code_expires_at - interval '5 minutes'").await;
    assert_eq!(owner.post("/sign-up/verify", &[("code", &code)]).await.location(), "/");
    assert_eq!(owner.who().await.as_deref(), Some("another"));
}

#[sqlx::test]
async fn accepts_correct_passwords_from_networks_without_failed_attempts(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for n in 0..15 {
        site.browser().at(&format!("198.51.100.{n}")).try_sign_in("alan", "a wrong guess").await;
    }
    let guessing = site.browser().at("198.51.100.66").try_sign_in("alan", PASSWORD).await;
    assert_eq!(guessing.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(guessing.body.contains("code by mail"), "{}", guessing.body);
    site.browser().sign_in("alan").await;
}

#[sqlx::test]
async fn combines_further_notices_within_minutes_into_one_mail(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    site.sql("delete from jobs").await;
    for _ in 0..15 {
        let answer = alan.post("/settings/security/password", &[("new_password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    assert_eq!(site.count("select count(*) from jobs").await, 2, "the first, and one about all others");
    assert_eq!(site.count("select count(*) from jobs where run_at > now() + interval '4 minutes'").await, 1);
    let mail = site.mail_to("alan@kith.example").await.unwrap();
    assert!(mail.contains("Your Kith password was changed, 14 times.") && mail.contains("It wasn't me"), "{mail}");
    site.sql("delete from jobs; update audit_events set at = at - interval '6 minutes'").await;
    alan.post("/settings/security/password", &[("new_password", PASSWORD)]).await;
    assert_eq!(site.count("select count(*) from jobs where kind = 'mail'").await, 1, "later ones go at once again");
}
