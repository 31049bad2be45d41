//! Known browsers: browsers that a user has signed in from, until they are revoked as an intruder's.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Browser, PASSWORD, Site, identity::recovery::link_to};

const TOLD: &str = "select count(*) from jobs where kind = 'new_browser'";
const KNOWN: &str = "select count(*) from known_browsers";

/// An intruder who knows the password, in a browser of their own.
async fn intruder(site: &Site) -> Browser {
    let mut browser = site.browser().at("198.51.100.66");
    browser.agent = "Chrome/150 Windows".to_owned();
    browser.sign_in("alan").await;
    browser
}

/// The owner revokes the other browser by one of the possible actions.
async fn end(site: &Site, owner: &mut Browser, way: &str) {
    let alan = server::accounts::find(&site.server, "alan").await.unwrap();
    let answer = match way {
        "one" => {
            let sql = "select device_id::text from sessions where user_agent like 'Chrome%'";
            let device: String = sqlx::query_scalar(sql).fetch_one(site.server.db()).await.unwrap();
            owner.post(&format!("/settings/devices/{device}/end"), &[]).await
        }
        "others" => owner.post("/settings/devices/others/end", &[]).await,
        "all" => owner.post("/settings/devices/all/end", &[]).await,
        "password" => owner.post("/settings/security/password", &[("new_password", PASSWORD)]).await,
        "address" => {
            owner.post("/settings/account/email", &[("email", "turing@kith.example")]).await;
            let code = site.code_to("turing@kith.example").await;
            owner.post("/settings/account/email/verify", &[("code", &code)]).await
        }
        "reset" => {
            owner.post("/forgot-password", &[("email", "alan@kith.example")]).await;
            let token = link_to(site, "alan@kith.example", "/reset-password").await;
            owner.get(&format!("/reset-password?token={token}")).await;
            owner.post("/reset-password", &[("new_password", PASSWORD)]).await
        }
        "mail" => {
            let token = link_to(site, "alan@kith.example", "/end-session").await;
            owner.get(&format!("/end-session?token={token}")).await;
            owner.post("/end-session", &[]).await
        }
        "suspension" => {
            server::accounts::suspend(&site.server, alan, "a test", None).await.unwrap();
            return server::accounts::restore(&site.server, alan).await.unwrap();
        }
        _ => {
            server::accounts::sign_out_everywhere(&site.server, alan).await.unwrap();
            return;
        }
    };
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{way}: {}", answer.body);
}

#[sqlx::test]
async fn a_browser_revoked_as_an_intruders_is_unknown_again(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let kept = ["one", "others", "password", "address", "mail", "reset"];
    for way in kept.into_iter().chain(["all", "suspension", "operator"]) {
        site.sql("delete from sessions; delete from known_browsers; delete from jobs; delete from limits").await;
        site.sql("update users set email = 'alan@kith.example' where username = 'alan'").await;
        let (mut owner, mut other) = (site.signed_in("alan").await, intruder(&site).await);
        assert_eq!((site.count(KNOWN).await, site.count(TOLD).await), (2, 2), "{way}");
        end(&site, &mut owner, way).await;
        assert_eq!(other.who().await, None, "{way}");
        assert_eq!(site.count(KNOWN).await, i64::from(kept.contains(&way)), "{way}");
        // It counts as unknown, and its next sign-in is notified.
        for n in 0..10 {
            site.browser().at(&format!("198.51.100.{n}")).try_sign_in("alan", "a wrong guess").await;
        }
        let tried = other.try_sign_in("alan", PASSWORD).await;
        assert_eq!(tried.status, StatusCode::TOO_MANY_REQUESTS, "{way}");
        site.sql("delete from limits; delete from jobs").await;
        other.sign_in("alan").await;
        assert_eq!(site.count(TOLD).await, 1, "{way}");
        site.sql("delete from jobs").await;
        owner.sign_in("alan").await;
        assert_eq!(site.count(TOLD).await, i64::from(!kept.contains(&way)), "{way}: the owner's own");
    }
}

#[sqlx::test]
async fn the_email_link_also_revokes_later_sessions_of_that_browser(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut owner = site.signed_in("alan").await;
    let mut other = intruder(&site).await;
    let token = link_to(&site, "alan@kith.example", "/end-session").await;
    // Signed out and in again: this sends no mail to the owner, because the browser is known by now.
    other.post("/sign-out", &[]).await;
    let out = other.clone();
    other.sign_in("alan").await;
    other.post("/elevate", &[("current_password", PASSWORD)]).await;
    assert_eq!(other.who().await.as_deref(), Some("alan"));
    let mut mailbox = site.browser();
    mailbox.get(&format!("/end-session?token={token}")).await;
    assert_eq!(mailbox.post("/end-session", &[]).await.flash(), "session-ended");
    assert_eq!((other.who().await, owner.who().await.as_deref()), (None, Some("alan")));
    assert_eq!(site.count(KNOWN).await, 1);
    // Also if it has no session any more.
    let mut again = out.clone();
    again.sign_in("alan").await;
    let token = link_to(&site, "alan@kith.example", "/end-session").await;
    again.post("/sign-out", &[]).await;
    mailbox.get(&format!("/end-session?token={token}")).await;
    mailbox.post("/end-session", &[]).await;
    assert_eq!(site.count(KNOWN).await, 1, "forgotten all the same");
}

#[sqlx::test]
async fn signing_out_and_session_expiry_leave_a_browser_known(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/sign-out", &[]).await;
    assert_eq!(site.count(KNOWN).await, 1);
    alan.sign_in("alan").await;
    site.sql("update sessions set expires_at = now()").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    alan.sign_in("alan").await;
    assert_eq!((site.count(KNOWN).await, site.count(TOLD).await), (1, 1), "told once");
    // Revoking the current session is signing out.
    let sql = "select device_id::text from sessions";
    let device: String = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
    assert_eq!(alan.post(&format!("/settings/devices/{device}/end"), &[]).await.flash(), "signed-out");
    assert_eq!(site.count(KNOWN).await, 1);
    // A known browser of another user is not affected.
    site.signed_in("barbara").await;
    let mut other = site.signed_in("alan").await;
    other.post("/settings/devices/all/end", &[]).await;
    assert_eq!(site.count(KNOWN).await, 1, "barbara's");
}

#[sqlx::test]
async fn limits_mails_about_new_browsers_but_not_sign_ins(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for n in 0..50 {
        site.browser().at(&format!("198.51.100.{n}")).sign_in("alan").await;
    }
    assert_eq!(site.count("select count(*) from jobs").await, 10, "told of the first, and of no more in this hour");
    // No mail was sent about these: they remain unknown, and the next sign-in from one of them sends a mail.
    assert_eq!(site.count(KNOWN).await, 10);
    site.signed_in("barbara").await;
    assert_eq!(site.count(TOLD).await, 11, "another person's mailbox is not full");
    site.sql("update limits set window_ends_at = window_ends_at - interval '1 hour'").await;
    site.signed_in("alan").await;
    assert_eq!(site.count(TOLD).await, 12);
}

#[sqlx::test]
async fn the_newest_hundred_browsers_of_a_user_are_known(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "insert into known_browsers (user_id, browser_hash, first_seen_at, last_seen_at)
         select u.id, decode(lpad(to_hex(n), 64, '0'), 'hex'), now() - interval '1 day', now() - n * interval '1 minute'
         from users u, generate_series(1, 100) n where u.username in ('alan', 'ada')",
    )
    .await;
    let mut alan = site.signed_in("alan").await;
    let of_alan = "select count(*) from known_browsers k join users u on u.id = k.user_id where username = 'alan'";
    assert_eq!(site.count(of_alan).await, 100);
    let oldest = format!("{of_alan} and k.browser_hash = decode(lpad(to_hex(100), 64, '0'), 'hex')");
    assert_eq!(site.count(&oldest).await, 0, "the one that was not seen for longest is forgotten");
    assert_eq!(site.count(KNOWN).await, 200, "nobody else's");
    site.sql("delete from jobs").await;
    alan.post("/sign-out", &[]).await;
    alan.sign_in("alan").await;
    assert_eq!(site.count(TOLD).await, 0, "the newest stays");
}

/// The change that an intruder makes just after signing in, to disable the link in the mail about it.
async fn change_as_intruder(site: &Site, intruder: &mut Browser, what: &str) {
    let answer = match what {
        "password" => intruder.post("/settings/security/password", &[("new_password", PASSWORD)]).await,
        "removal" => {
            site.sql(
                "insert into identities (user_id, provider, issuer, subject) select id, 'github', 'https://github.com', '1'
                 from users where username = 'alan' on conflict do nothing",
            )
            .await;
            intruder.post("/settings/security/password/remove", &[]).await
        }
        _ => {
            intruder.post("/settings/account/email", &[("email", "evil@evil.example")]).await;
            let code = site.code_to("evil@evil.example").await;
            intruder.post("/settings/account/email/verify", &[("code", &code)]).await
        }
    };
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{what}: {}", answer.body);
}

#[sqlx::test]
async fn an_intruder_cannot_disable_the_link_that_revokes_their_session(pool: PgPool) {
    Site::with_cast(&pool).await;
    let settings = [("KITH_GITHUB_CLIENT_ID", "x"), ("KITH_GITHUB_CLIENT_SECRET", "y")];
    let site = Site::with(&pool, &settings);
    let again = "delete from sessions; delete from known_browsers; delete from jobs; delete from limits; delete from email_links;
        delete from identities; update users set email = 'alan@kith.example' where username = 'alan';
        insert into passwords (user_id, hash) select u.id, p.hash from users u, passwords p join users a on a.id = p.user_id
        where u.username = 'alan' and a.username = 'ada' on conflict do nothing";
    for what in ["password", "removal", "address"] {
        for (read_before, in_again) in [(true, false), (false, false), (true, true), (false, true)] {
            site.sql(again).await;
            let mut intruder = intruder(&site).await;
            let mut token = String::new();
            if read_before {
                token = link_to(&site, "alan@kith.example", "/end-session").await;
            }
            if in_again {
                intruder.post("/sign-out", &[]).await;
                intruder.sign_in("alan").await;
            }
            // A link that was mailed about another device is revoked: that device is signed out.
            let other = "insert into email_links (purpose, user_id, device_id, expires_at)
                select p, id, gen_random_uuid(), now() + interval '1 day'
                from users, unnest(array['end_session', 'reset_password']) p where username = 'alan'";
            site.sql(other).await;
            change_as_intruder(&site, &mut intruder, what).await;
            let open = "select count(*) from email_links where used_at is null and purpose <> 'undo_email'";
            assert_eq!(site.count(open).await, 1, "{what}");
            if !read_before {
                let sql = "delete from jobs where kind <> 'new_browser'";
                site.sql(sql).await;
                token = link_to(&site, "alan@kith.example", "/end-session").await;
            }
            let mut mailbox = site.browser();
            mailbox.get(&format!("/end-session?token={token}")).await;
            assert_eq!(
                mailbox.post("/end-session", &[]).await.flash(),
                "session-ended",
                "{what} {read_before} {in_again}"
            );
            assert_eq!(intruder.who().await, None, "{what} {read_before} {in_again}");
        }
    }
}
