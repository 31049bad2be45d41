//! Proof by mailbox: the user who reads it owns the account, and the actions that others began before end. A mailed
//! secret works once, for one purpose, in the browser that requested it.

use http::StatusCode;
use sqlx::PgPool;

use super::{Browser, NEW, PASSWORD, Site, ask_for_code, ask_to_join, invitation, link_to, open_reset, reset};

// M10.
#[sqlx::test]
async fn a_password_reset_invalidates_everything_begun_before(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut attacker = site.signed_in("alan").await;
    let again = attacker.clone();
    attacker.post("/settings/account/email", &[("email", "evil@evil.example")]).await;
    let code_to_evil = site.code_to("evil@evil.example").await;
    let (mut by_code, mut by_link, mut ending) = (site.browser(), site.browser(), site.signed_in("alan").await);
    let token = link_to(&site, "alan@kith.example", "/end-session").await;
    ending.get(&format!("/end-session?token={token}")).await;
    let code = ask_for_code(&site, &mut by_code, "alan").await;
    open_reset(&site, &mut by_link, "alan").await;
    site.reset_limits().await;

    let mut owner = reset(&site, "alan").await;
    for mut browser in [attacker.clone(), again, ending.clone()] {
        assert_eq!(browser.who().await, None, "sessions");
    }
    assert_eq!(by_code.post("/sign-in/code", &[("code", &code)]).await.flash(), "code-gone");
    assert_eq!(by_link.post("/reset-password", &[("new_password", NEW)]).await.flash(), "link-gone");
    assert_eq!(ending.post("/end-session", &[]).await.flash(), "session-link-gone");
    let tried = attacker.try_sign_in("alan", PASSWORD).await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "the password of before");
    // Not even the owner's own browser continues a change that an intruder began.
    let mut tricked = owner.clone();
    tricked.cookies.insert("__Host-flow".into(), attacker.cookies["__Host-flow"].clone());
    let answer = tricked.post("/settings/account/email/verify", &[("code", &code_to_evil)]).await;
    assert_eq!(answer.flash(), "code-gone");
    assert_eq!(site.count("select count(*) from users where email = 'alan@kith.example'").await, 1);
    assert_eq!(site.count("select count(*) from email_codes").await, 0);
    assert_eq!(site.count("select count(*) from email_links where used_at is null").await, 0);
    assert_eq!(site.count("select count(*) from known_browsers").await, 1, "the owner's");
    assert_eq!(owner.who().await.as_deref(), Some("alan"));
}

/// Returns the state of an account, without values that change by mere viewing.
async fn account(site: &Site) -> String {
    let sql = "select string_agg(username || email || coalesce(hash, '')
        || (select count(*) from sessions s where s.user_id = u.id),
        ' ' order by id) from users u left join passwords p on p.user_id = u.id";
    sqlx::query_scalar(sql).fetch_one(site.server.db()).await.unwrap()
}

/// Returns the cookie that a browser keeps while it waits for the code of a route.
fn waiting(browser: &super::Browser, door: &str) -> String {
    let cookie = if door.starts_with("/elevate") { "__Host-proof" } else { "__Host-flow" };
    browser.cookies[cookie].clone()
}

/// Returns the fields of the form behind a link.
fn asked_at(path: &str) -> &'static [(&'static str, &'static str)] {
    match path {
        "/reset-password" => &[("new_password", NEW)],
        "/sign-up/finish" => &[("password", NEW)],
        _ => &[],
    }
}

// M11.
#[sqlx::test]
async fn an_email_link_works_only_for_its_purpose(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/settings/account/email", &[("email", "turing@kith.example")]).await;
    let code = site.code_to("turing@kith.example").await;
    alan.post("/settings/account/email/verify", &[("code", &code)]).await;
    let undo = link_to(&site, "alan@kith.example", "/undo-email").await;
    site.signed_in("alan").await;
    let end = link_to(&site, "turing@kith.example", "/end-session").await;
    site.browser().post("/forgot-password", &[("email", "turing@kith.example")]).await;
    let reset = link_to(&site, "turing@kith.example", "/reset-password").await;
    let invited = invitation(&site, "boss").await;
    let before = account(&site).await;
    let pages = [
        ("/end-session", "/end-session", end),
        ("/undo-email", "/undo-email", undo),
        ("/reset-password", "/reset-password", reset),
        ("/sign-up/invitation", "/sign-up/finish", invited),
    ];
    for (own, _, token) in &pages {
        for (open, sent, _) in pages.iter().filter(|(open, ..)| open != own) {
            let mut browser = site.browser();
            browser.get(&format!("{open}?token={token}")).await;
            let answer = browser.post(sent, asked_at(sent)).await;
            assert!(answer.flash().ends_with("-gone"), "a token of {own} at {sent}: {} {}", answer.status, answer.body);
            assert_eq!(account(&site).await, before, "a token of {own} at {sent}");
        }
    }
    // Each of them still works.
    for ((own, sent, token), flash) in pages.iter().zip(["session-ended", "email-restored", "link-gone"]) {
        let mut browser = site.browser();
        browser.get(&format!("{own}?token={token}")).await;
        assert_eq!(browser.post(sent, asked_at(sent)).await.flash(), flash, "{own}; a change taken back kills resets");
    }
}

// M11.
#[sqlx::test]
async fn an_email_code_works_only_for_its_purpose(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let (mut joining, mut signing_in) = (site.browser(), site.browser());
    let to_join = ask_to_join(&site, &mut joining, ("new@kith.example", "newcomer", NEW)).await;
    let to_sign_in = ask_for_code(&site, &mut signing_in, "alan").await;
    alan.post("/elevate/send", &[("next", "/")]).await;
    let (to_elevate, elevating) = (site.code_to("alan@kith.example").await, alan.clone());
    alan.post("/settings/account/email", &[("email", "turing@kith.example")]).await;
    let (to_change, changing) = (site.code_to("turing@kith.example").await, alan.clone());
    let before = account(&site).await;
    let codes = [
        ("/sign-up/verify", to_join, &joining),
        ("/sign-in/code", to_sign_in, &signing_in),
        ("/elevate/code", to_elevate, &elevating),
        ("/settings/account/email/verify", to_change, &changing),
    ];
    for (own, code, asked) in &codes {
        for (door, ..) in codes.iter().filter(|(door, ..)| door != own) {
            // With the cookie of the requesting browser, in the browser of the user it is about.
            let mut browser = alan.clone();
            let token = waiting(asked, own);
            for cookie in ["__Host-flow", "__Host-proof"] {
                browser.cookies.insert(cookie.into(), token.clone());
            }
            let answer = browser.post(door, &[("code", code)]).await;
            assert!(!answer.set_cookies().iter().any(|line| line.starts_with("__Host-id=")), "{own} at {door}");
            assert_eq!(account(&site).await, before, "a code of {own} at {door}");
        }
        // And on its own route it fails without that cookie, and in another user's session.
        let mut without = alan.clone();
        without.cookies.retain(|name, _| !["__Host-flow", "__Host-proof"].contains(&name.as_str()));
        without.post(own, &[("code", code)]).await;
        if own.starts_with("/elevate") || own.starts_with("/settings") {
            let mut barbara = site.signed_in("barbara").await;
            for cookie in ["__Host-flow", "__Host-proof"] {
                barbara.cookies.insert(cookie.into(), waiting(asked, own));
            }
            barbara.post(own, &[("code", code)]).await;
            assert_eq!(barbara.who().await.as_deref(), Some("barbara"));
            barbara.post("/sign-out", &[]).await;
        }
        assert_eq!(account(&site).await, before, "a code of {own} elsewhere");
    }
}

// M11.
#[sqlx::test]
async fn an_email_change_invalidates_earlier_links_and_codes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut alan, mut by_link, mut by_code) = (site.signed_in("alan").await, site.browser(), site.browser());
    open_reset(&site, &mut by_link, "alan").await;
    let code = ask_for_code(&site, &mut by_code, "alan").await;
    alan.post("/settings/account/email", &[("email", "turing@kith.example")]).await;
    let change = site.code_to("turing@kith.example").await;
    let answer = alan.post("/settings/account/email/verify", &[("code", &change)]).await;
    assert_eq!(answer.flash(), "email-changed");
    assert_dead(by_link, (by_code, &code)).await;
    assert_eq!(alan.who().await.as_deref(), Some("alan"));
}

// M11.
#[sqlx::test]
async fn password_changes_and_suspensions_invalidate_earlier_links_and_codes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut by_link, mut by_code) = (site.browser(), site.browser());
    open_reset(&site, &mut by_link, "alan").await;
    let code = ask_for_code(&site, &mut by_code, "alan").await;
    let mut alan = site.signed_in("alan").await;
    let answer = alan.post("/settings/security/password", &[("new_password", NEW)]).await;
    assert_eq!(answer.flash(), "password-changed");
    assert_dead(by_link, (by_code, &code)).await;

    let (mut by_link, mut by_code) = (site.browser(), site.browser());
    open_reset(&site, &mut by_link, "barbara").await;
    let code = ask_for_code(&site, &mut by_code, "barbara").await;
    let barbara = server::accounts::find(&site.server, "barbara").await.unwrap();
    server::accounts::suspend(&site.server, barbara, "a test", None).await.unwrap();
    server::accounts::restore(&site.server, barbara).await.unwrap();
    assert_dead(by_link, (by_code, &code)).await;
}

/// Asserts that neither the link for a new password nor the code that were mailed before open anything.
async fn assert_dead(mut by_link: Browser, (mut by_code, code): (Browser, &str)) {
    assert_eq!(by_link.post("/reset-password", &[("new_password", NEW)]).await.flash(), "link-gone");
    assert_eq!(by_code.post("/sign-in/code", &[("code", code)]).await.flash(), "code-gone");
    assert_eq!((by_link.who().await, by_code.who().await), (None, None));
}

// H35.
#[sqlx::test]
async fn an_email_change_requires_its_code_and_can_be_undone(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut here = site.signed_in("alan").await;
    let mut there = site.signed_in("alan").await;
    assert_eq!(
        here.post("/settings/account/email", &[("email", "new@kith.example")]).await.location(),
        "/settings/account/email/verify"
    );
    let email = "select count(*) from users where email = 'new@kith.example'";
    assert_eq!(site.count(email).await, 0);
    let code = site.code_to("new@kith.example").await;
    let stranger = site.signed_in("barbara").await.post("/settings/account/email/verify", &[("code", &code)]).await;
    assert_eq!(stranger.location(), "/settings/account");
    assert_eq!(here.post("/settings/account/email/verify", &[("code", &code)]).await.location(), "/settings/account");
    assert_eq!(site.count(email).await, 1);
    assert_eq!((here.who().await.as_deref(), there.who().await), (Some("alan"), None));

    let token = link_to(&site, "alan@kith.example", "/undo-email").await;
    let mut mailbox = site.browser();
    mailbox.get(&format!("/undo-email?token={token}")).await;
    assert!(mailbox.get("/undo-email").await.body.contains("Take it back"));
    assert_eq!(site.count(email).await, 1, "opening the link changes nothing");
    assert_eq!(mailbox.post("/undo-email", &[]).await.location(), "/forgot-password");
    assert_eq!(site.count(email).await, 0);
    assert_eq!(here.who().await, None, "whoever changed it is out");
    let old = site.browser().try_sign_in("alan@kith.example", PASSWORD).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY, "a password somebody else may know is gone");
    let open = "select count(*) from email_links l join users u on u.id = l.user_id where username = 'alan' and used_at is null";
    assert_eq!(site.count(open).await, 0, "no second way back is left");
    let mut again = site.browser();
    again.get(&format!("/undo-email?token={token}")).await;
    let late = again.post("/undo-email", &[]).await;
    assert_eq!((late.location(), late.flash()), ("/settings/account", "undo-link-gone"));
    let said = again.get("/sign-in?next=%2Fsettings%2Faccount").await.body;
    assert!(said.contains("Account shows your address") && !said.contains("request a new one"), "{said}");
}

#[sqlx::test]
async fn a_code_for_one_address_never_confirms_another(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    browser.post("/settings/account/email", &[("email", "one@kith.example")]).await;
    let (first, old) = (site.code_to("one@kith.example").await, browser.clone());
    browser.post("/settings/account/email", &[("email", "two@kith.example")]).await;
    let second = site.code_to("two@kith.example").await;
    // With the cookie of the first request its code is dead; with the second's it is wrong.
    let mut stale = browser.clone();
    stale.cookies.insert("__Host-flow".into(), old.cookies["__Host-flow"].clone());
    assert_eq!(stale.post("/settings/account/email/verify", &[("code", &first)]).await.location(), "/settings/account");
    if first != second {
        let wrong = browser.post("/settings/account/email/verify", &[("code", &first)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(
        site.count("select count(*) from users where email in ('one@kith.example', 'two@kith.example')").await,
        0
    );
    browser.post("/settings/account/email/verify", &[("code", &second)]).await;
    assert_eq!(site.count("select count(*) from users where email = 'two@kith.example'").await, 1);
}
