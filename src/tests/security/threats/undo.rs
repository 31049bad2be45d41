//! Undoing a change of address: it is the owner's, however often an intruder changes the address, in whatever order.

use sqlx::PgPool;

use super::{Answer, Browser, NEW, PASSWORD, Site, link_to, site::as_served};

const OWN: &str = "alan@kith.example";

/// Changes the address, by the code that is mailed there.
async fn change(site: &Site, browser: &mut Browser, to: &str) {
    site.reset_limits().await;
    let asked = browser.post("/settings/account/email", &[("email", to)]).await;
    assert_eq!(asked.location(), "/settings/account/email/verify", "{}", asked.body);
    let code = site.code_to(to).await;
    assert_eq!(browser.post("/settings/account/email/verify", &[("code", &code)]).await.flash(), "email-changed");
    assert_eq!(address(site).await, to);
}

/// Opens the undo link that was mailed to an address.
async fn way_back(site: &Site, address: &str) -> Browser {
    let token = link_to(site, address, "/undo-email").await;
    let mut mailbox = site.browser();
    assert_eq!(mailbox.get(&format!("/undo-email?token={token}")).await.location(), "/undo-email");
    mailbox
}

async fn press(mailbox: &mut Browser) -> Answer {
    mailbox.post("/undo-email", &[]).await
}

async fn address(site: &Site) -> String {
    let sql = "select email from users where username = 'alan'";
    sqlx::query_scalar(sql).fetch_one(site.server.db()).await.unwrap()
}

/// Returns true if the newest mail to an address, if it can still be sent, offers to undo the change.
async fn is_offered(site: &Site, address: &str) -> bool {
    site.mail_to(address).await.is_some_and(|mail| mail.contains("/undo-email"))
}

#[sqlx::test]
async fn undoing_an_email_change_revokes_later_undo_links(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut intruder = site.signed_in("alan").await;
    for to in ["one@evil.example", "two@evil.example", "three@evil.example"] {
        change(&site, &mut intruder, to).await;
    }
    let mut later = way_back(&site, "one@evil.example").await;
    let mut owner = way_back(&site, OWN).await;
    assert_eq!(press(&mut owner).await.flash(), "email-restored");
    assert_eq!(press(&mut later).await.flash(), "undo-link-gone");
    assert!(!is_offered(&site, "two@evil.example").await, "the mail that has not gone yet never goes");
    assert_eq!((address(&site).await.as_str(), intruder.who().await), (OWN, None));
}

#[sqlx::test]
async fn a_later_undo_link_leaves_earlier_ones_valid(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut intruder = site.signed_in("alan").await;
    change(&site, &mut intruder, "one@evil.example").await;
    change(&site, &mut intruder, "two@evil.example").await;
    let mut owner = way_back(&site, OWN).await;
    // The intruder, who reads that mailbox, uses the second undo link before its owner uses the first.
    assert_eq!(press(&mut way_back(&site, "one@evil.example").await).await.flash(), "email-restored");
    assert_eq!(address(&site).await, "one@evil.example");
    assert_eq!(press(&mut owner).await.flash(), "email-restored");
    assert_eq!(address(&site).await, OWN);
}

#[sqlx::test]
async fn changing_back_manually_revokes_all_undo_links(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut intruder = site.signed_in("alan").await;
    change(&site, &mut intruder, "one@evil.example").await;
    change(&site, &mut intruder, "two@evil.example").await;
    let mut between = way_back(&site, "one@evil.example").await;
    let mut first = way_back(&site, OWN).await;
    // The owner's password still works: they change back to their address in the settings.
    let mut owner = site.signed_in("alan").await;
    change(&site, &mut owner, OWN).await;
    let told = site.mail_to("two@evil.example").await.expect("told, as of every change");
    assert!(told.contains(OWN) && !told.contains("/undo-email"), "{told}");
    for mailbox in [&mut between, &mut first] {
        assert_eq!(press(mailbox).await.flash(), "undo-link-gone");
    }
    assert_eq!((address(&site).await.as_str(), owner.who().await.as_deref()), (OWN, Some("alan")));
    // A change to another address can be undone again.
    change(&site, &mut owner, "turing@kith.example").await;
    assert!(is_offered(&site, OWN).await);
}

#[sqlx::test]
async fn changing_back_partly_leaves_older_undo_links_valid(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut intruder = site.signed_in("alan").await;
    change(&site, &mut intruder, "one@evil.example").await;
    let mut owner = way_back(&site, OWN).await;
    change(&site, &mut intruder, "two@evil.example").await;
    change(&site, &mut intruder, "ONE@evil.example").await;
    assert!(!is_offered(&site, "two@evil.example").await);
    assert_eq!(press(&mut owner).await.flash(), "email-restored");
    assert_eq!(address(&site).await, OWN);
}

#[sqlx::test]
async fn an_undo_link_lasts_as_long_as_later_ones(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    change(&site, &mut site.signed_in("alan").await, "one@evil.example").await;
    let mut first = way_back(&site, OWN).await;
    let three_days = "update email_links set expires_at = expires_at - interval '71 hours'";
    site.sql(three_days).await;
    // The owner signs in by the password and tries to fix it with a third address.
    change(&site, &mut site.signed_in("alan").await, "turing@kith.example").await;
    site.sql("update email_links set expires_at = expires_at - interval '71 hours 59 minutes'").await;
    assert_eq!(press(&mut way_back(&site, "one@evil.example").await).await.flash(), "email-restored");
    assert_eq!(press(&mut first).await.flash(), "email-restored");
    assert_eq!(address(&site).await, OWN);
    // And no longer.
    change(&site, &mut by_code(&site).await, "one@evil.example").await;
    let mut late = way_back(&site, OWN).await;
    site.sql("update email_links set expires_at = expires_at - interval '72 hours 1 second'").await;
    assert_eq!(press(&mut late).await.flash(), "undo-link-gone");
}

/// Signs in by a code to the account's own address.
async fn by_code(site: &Site) -> Browser {
    let mut browser = site.browser();
    browser.post("/sign-in/code/send", &[("email", OWN)]).await;
    let code = site.code_to(OWN).await;
    assert_eq!(browser.post("/sign-in/code", &[("code", &code)]).await.flash(), "signed-in");
    browser
}

// M10.
#[sqlx::test]
async fn undoing_an_email_change_revokes_the_intruders_access(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut intruder = site.signed_in("alan").await;
    change(&site, &mut intruder, "one@evil.example").await;
    let mut second = site.signed_in("alan").await;
    let mut by_code = site.browser();
    by_code.post("/sign-in/code/send", &[("email", "one@evil.example")]).await;
    let code = site.code_to("one@evil.example").await;
    let mut by_link = site.browser();
    by_link.post("/forgot-password", &[("email", "one@evil.example")]).await;
    let token = link_to(&site, "one@evil.example", "/reset-password").await;
    by_link.get(&format!("/reset-password?token={token}")).await;
    second.post("/elevate/send", &[("next", "/")]).await;
    let proof = site.code_to("one@evil.example").await;
    let set = intruder.post("/settings/security/password", &[("new_password", NEW)]).await;
    assert_eq!(set.flash(), "password-changed");
    intruder.post("/settings/account/email", &[("email", "two@evil.example")]).await;
    let pending = site.code_to("two@evil.example").await;

    assert_eq!(press(&mut way_back(&site, OWN).await).await.flash(), "email-restored");
    for mut browser in [intruder.clone(), second.clone()] {
        assert_eq!(browser.who().await, None, "sessions");
    }
    assert_eq!(by_code.post("/sign-in/code", &[("code", &code)]).await.flash(), "code-gone");
    assert_eq!(by_link.post("/reset-password", &[("new_password", NEW)]).await.flash(), "link-gone");
    let wall = second.post("/elevate/code", &[("code", &proof)]).await;
    assert!(wall.location().starts_with("/sign-in"), "{}", wall.location());
    site.reset_limits().await;
    for password in [PASSWORD, NEW] {
        assert!(intruder.try_sign_in("alan", password).await.status.is_client_error(), "{password}");
    }
    // Not even the owner's own browser continues the pending change.
    let mut owner = self::by_code(&site).await;
    owner.cookies.insert("__Host-flow".into(), intruder.cookies["__Host-flow"].clone());
    owner.post("/settings/account/email/verify", &[("code", &pending)]).await;
    assert_eq!(address(&site).await, OWN);
    for rows in ["email_codes", "passwords p join users u on u.id = p.user_id and username = 'alan'"] {
        assert_eq!(site.count(&format!("select count(*) from {rows}")).await, 0, "{rows}");
    }
    let open = "select count(*) from email_links where used_at is null and purpose <> 'end_session'";
    assert_eq!(site.count(open).await, 0);
    assert_eq!(site.count("select count(*) from known_browsers").await, 1, "the owner's");
}

// H20.
#[sqlx::test]
async fn concurrent_undo_links_restore_the_oldest_address(pool: PgPool) {
    let site = Site::with_cast(&as_served(&pool, 12)).await;
    for round in 0..20 {
        let mut intruder = site.signed_in("alan").await;
        change(&site, &mut intruder, "one@evil.example").await;
        change(&site, &mut intruder, "two@evil.example").await;
        let (first, second) = (way_back(&site, OWN).await, way_back(&site, "one@evil.example").await);
        let both = [first.clone(), second.clone(), first, second]
            .map(|mut mailbox| tokio::spawn(async move { press(&mut mailbox).await }));
        let mut restored = 0;
        for one in both {
            let answer = one.await.unwrap();
            assert!(["email-restored", "undo-link-gone"].contains(&answer.flash()), "round {round}: {}", answer.status);
            restored += i32::from(answer.flash() == "email-restored");
        }
        assert_eq!(address(&site).await, OWN, "round {round}");
        assert!((1..=2).contains(&restored), "round {round}: {restored}");
        site.sql(super::SAME_PASSWORD).await;
        site.sql("insert into passwords (user_id, hash) select u.id, p.hash from users u, passwords p join users a on a.id = p.user_id where u.username = 'alan' and a.username = 'ada' on conflict do nothing; delete from email_links; delete from jobs").await;
    }
}

#[sqlx::test]
async fn undoing_an_email_change_notifies_both_addresses(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut intruder = site.signed_in("alan").await;
    change(&site, &mut intruder, "one@evil.example").await;
    let mut owner = way_back(&site, OWN).await;
    site.sql("delete from jobs").await;
    assert_eq!(press(&mut owner).await.flash(), "email-restored");
    let lost = site.mail_to("one@evil.example").await.expect("a mail to the address that loses the account");
    assert!(lost.contains("no longer signs you in") && lost.contains(OWN), "{lost}");
    let back = site.mail_to(OWN).await.expect("a mail to the address that has it again");
    assert!(back.contains("has this address again") && back.contains("https://kith.example/forgot-password"), "{back}");
    assert_eq!(site.count("select count(*) from jobs").await, 2);
}

#[sqlx::test]
async fn refuses_to_restore_an_address_with_another_account(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut mover = site.signed_in("alan").await;
    change(&site, &mut mover, "one@kith.example").await;
    let mut late = way_back(&site, OWN).await;
    site.sql("update users set email = 'alan@kith.example' where username = 'barbara'; delete from jobs").await;
    let refused = press(&mut late).await;
    assert_eq!(refused.status, http::StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("has another account by now"), "{}", refused.body);
    assert_eq!(address(&site).await, "one@kith.example");
    assert_eq!(mover.who().await.as_deref(), Some("alan"), "nobody is out");
    let kept = "select (select count(*) from passwords p join users u on u.id = p.user_id where username = 'alan') * 10
        + (select count(*) from email_links where purpose = 'undo_email' and used_at is null)";
    assert_eq!(site.count(kept).await, 11, "password and way back are still there");
    assert_eq!(site.count("select count(*) from jobs").await, 0, "and nobody is told");
    // The link works as soon as it can.
    site.sql("update users set email = 'barbara@kith.example' where username = 'barbara'").await;
    assert_eq!(press(&mut late).await.flash(), "email-restored");
}
