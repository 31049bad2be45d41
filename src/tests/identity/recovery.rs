//! Recovery without a password: by a code, or by a link that sets a new one.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Browser, PASSWORD, Site, support::trace};

const NEW: &str = "seven green umbrellas sing";

/// Returns the token in the newest mail to an address. It is created now, as the worker does when it sends the mail.
pub async fn link_to(site: &Site, address: &str, path: &str) -> String {
    let in_clear = format!("select count(*) from jobs where payload::text like '%{path}%'");
    assert_eq!(site.count(&in_clear).await, 0, "no link waits in the queue");
    let mail = site.mail_to(address).await.expect("a mail");
    let (_, rest) = mail.split_once(&format!("https://kith.example{path}?token=")).expect("a link");
    let token = rest[..43].to_owned();
    trace::note_field("token", &token);
    token
}

async fn ask(site: &Site, address: &str) -> String {
    let answer = site.browser().post("/forgot-password", &[("email", address)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    link_to(site, address, "/reset-password").await
}

async fn open(site: &Site, token: &str) -> Browser {
    let mut browser = site.browser();
    let answer = browser.get(&format!("/reset-password?token={token}")).await;
    assert_eq!(answer.location(), "/reset-password", "out of the address at once");
    browser
}

#[sqlx::test]
async fn a_reset_link_works_once_and_revokes_every_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut before = site.signed_in("alan").await;
    let token = ask(&site, "alan@kith.example").await;
    let mut browser = open(&site, &token).await;
    assert!(browser.get("/reset-password").await.body.contains("@alan"));
    let weak = browser.post("/reset-password", &[("new_password", "password1")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.post("/reset-password", &[("new_password", NEW)]).await.location(), "/");
    assert_eq!(browser.who().await.as_deref(), Some("alan"));
    assert_eq!(before.who().await, None);
    assert_eq!(site.browser().try_sign_in("alan", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.browser().try_sign_in("alan", NEW).await.status, StatusCode::SEE_OTHER);
    let mut again = open(&site, &token).await;
    assert_eq!(again.post("/reset-password", &[("new_password", NEW)]).await.location(), "/forgot-password");
}

#[sqlx::test]
async fn reset_links_expire_after_thirty_minutes_or_a_newer_link(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let first = ask(&site, "alan@kith.example").await;
    let second = ask(&site, "alan@kith.example").await;
    for dead in [first.as_str(), "nonsense", &"A".repeat(43)] {
        let mut browser = site.browser();
        browser.get(&format!("/reset-password?token={dead}")).await;
        assert_eq!(browser.get("/reset-password").await.location(), "/forgot-password", "{dead}");
        assert_eq!(browser.post("/reset-password", &[("new_password", NEW)]).await.location(), "/forgot-password");
    }
    site.sql("update email_links set expires_at = expires_at - interval '30 minutes 1 second'").await;
    let mut late = open(&site, &second).await;
    assert_eq!(late.post("/reset-password", &[("new_password", NEW)]).await.location(), "/forgot-password");
    site.browser().sign_in("alan").await;
}

#[sqlx::test]
async fn the_page_shows_the_typed_address_not_the_stored_one(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for typed in ["ALAN@kith.example", "NOBODY@kith.example"] {
        let mut browser = site.browser();
        browser.post("/sign-in/code/send", &[("email", typed)]).await;
        assert!(browser.get("/sign-in/code").await.body.contains(typed), "{typed}");
    }
    assert!(site.mail_to("alan@kith.example").await.is_some(), "mail goes to the address the account has");
}

#[sqlx::test]
async fn an_email_code_signs_in_once_in_the_requesting_browser(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut mine, mut other) = (site.browser(), site.browser());
    assert_eq!(mine.post("/sign-in/code/send", &[("email", "ALAN@kith.example")]).await.location(), "/sign-in/code");
    let code = site.code_to("alan@kith.example").await;
    assert_eq!(other.post("/sign-in/code", &[("code", &code)]).await.location(), "/sign-in/code");
    // The mail's link fills in the code and uses nothing up, however often it is opened.
    for _ in 0..3 {
        assert!(mine.get(&format!("/sign-in/code?code={code}")).await.body.contains(&format!("value=\"{code}\"")));
    }
    let again = mine.clone();
    assert_eq!(mine.post("/sign-in/code", &[("code", &code), ("remember", "true")]).await.location(), "/");
    assert_eq!(mine.who().await.as_deref(), Some("alan"));
    assert_eq!(again.clone().post("/sign-in/code", &[("code", &code)]).await.location(), "/sign-in/code");
    assert_eq!(site.count("select count(*) from sessions where user_id is not null").await, 1);
}

#[sqlx::test]
async fn accepts_codes_in_any_script_and_with_any_separators(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let in_script = |code: &str, zero: u32| -> String {
        let digit = |c: char| c.to_digit(10).map_or(Some(c), |n| char::from_u32(zero + n));
        code.chars().filter_map(digit).collect()
    };
    // The zero of ASCII, full-width, Arabic, Persian, Devanagari, Thai and bold digits, and a character between the
    // digits.
    for (zero, between) in [
        (0x30, "–"),
        (0xff10, "\u{ad}"),
        (0x660, "\u{200b}"),
        (0x6f0, "\u{202c}\u{202a}"),
        (0x966, "\u{2011}"),
        (0xe50, "\u{202f}"),
        (0x1d7ce, "\u{feff}"),
    ] {
        site.sql("delete from limits; delete from jobs").await;
        let mut browser = site.browser();
        browser.post("/sign-in/code/send", &[("email", "alan@kith.example")]).await;
        let code = site.code_to("alan@kith.example").await;
        let typed = in_script(&format!("\u{2066}{}{between}{}\u{2069}", &code[..3], &code[3..]), zero);
        let answer = browser.post("/sign-in/code", &[("code", &typed)]).await;
        assert_eq!(answer.location(), "/", "{typed:?}");
        assert_eq!(browser.who().await.as_deref(), Some("alan"));
    }
    let newcomer = [("email", "new@kith.example"), ("username", "new\u{200b}comer"), ("password", NEW)];
    let mut browser = site.browser();
    assert_eq!(browser.post("/sign-up", &newcomer).await.location(), "/sign-up/verify");
    let code = in_script(&site.code_to("new@kith.example").await, 0x660);
    assert_eq!(browser.post("/sign-up/verify", &[("code", &code)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.who().await.as_deref(), Some("newcomer"));
}

#[sqlx::test]
async fn sign_in_codes_allow_five_tries_within_ten_minutes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.browser();
    browser.post("/sign-in/code/send", &[("email", "alan@kith.example")]).await;
    let code = site.code_to("alan@kith.example").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let late = browser.clone();
    site.sql("update email_codes set expires_at = expires_at - interval '10 minutes 1 second'").await;
    let answer = late.clone().post("/sign-in/code", &[("code", &code)]).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("expired"));
    site.sql("update email_codes set expires_at = expires_at + interval '10 minutes 1 second', attempts = 0").await;
    for _ in 0..5 {
        assert_eq!(browser.post("/sign-in/code", &[("code", wrong)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(browser.post("/sign-in/code", &[("code", &code)]).await.body.contains("Too many tries"));
    let unknown = {
        let mut browser = site.browser();
        browser.post("/sign-in/code/send", &[("email", "nobody@kith.example")]).await;
        browser.post("/sign-in/code", &[("code", "123456")]).await
    };
    assert!(unknown.status == StatusCode::UNPROCESSABLE_ENTITY && unknown.body.contains("4 tries left"));
}

// H58.
#[sqlx::test]
async fn wrong_passwords_of_others_do_not_lock_a_known_browser(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut mine = site.signed_in("alan").await;
    mine.post("/sign-out", &[]).await;
    for n in 0..15 {
        site.browser().at(&format!("198.51.100.{n}")).try_sign_in("alan", "a wrong guess").await;
    }
    let mut neighbour = site.browser().at("198.51.100.99");
    assert_eq!(neighbour.try_sign_in("alan", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    mine.sign_in("alan").await;
    // And the browser has a count of its own.
    let mut guessing = mine.clone();
    guessing.post("/sign-out", &[]).await;
    let mut last = StatusCode::OK;
    for _ in 0..11 {
        last = guessing.try_sign_in("alan", "a wrong guess").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test]
async fn signing_in_from_a_new_browser_mails_a_revocation_link(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let told = "select count(*) from jobs where kind = 'new_browser'";
    let mut first = site.signed_in("alan").await;
    assert_eq!(site.count(told).await, 1, "also the first: whoever has the password may come before its owner");
    site.sql("delete from jobs").await;
    first.post("/sign-out", &[]).await;
    first.sign_in("alan").await;
    assert_eq!(site.count(told).await, 0, "known by now");
    let mut thief = site.browser().at("198.51.100.66");
    thief.sign_in("alan").await;
    assert_eq!(site.count(told).await, 1);
    let token = link_to(&site, "alan@kith.example", "/end-session").await;
    let mut mailbox = site.browser();
    assert_eq!(mailbox.get(&format!("/end-session?token={token}")).await.location(), "/end-session");
    assert_eq!(mailbox.get("/end-session").await.status, StatusCode::OK);
    assert_eq!(thief.who().await.as_deref(), Some("alan"), "opening the link ends nothing");
    assert_eq!(mailbox.post("/end-session", &[]).await.location(), "/forgot-password");
    assert_eq!(thief.who().await, None);
    assert_eq!(first.who().await.as_deref(), Some("alan"));
    let mut again = site.browser();
    again.get(&format!("/end-session?token={token}")).await;
    let late = again.post("/end-session", &[]).await;
    assert_eq!((late.location(), late.flash()), ("/settings/devices", "session-link-gone"));
    let said = again.get("/sign-in?next=%2Fsettings%2Fdevices").await.body;
    assert!(said.contains("Devices shows who is signed in") && !said.contains("request a new one"), "{said}");
}

#[sqlx::test]
async fn a_code_fails_after_the_account_changes_its_address(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.browser();
    browser.post("/sign-in/code/send", &[("email", "alan@kith.example")]).await;
    let code = site.code_to("alan@kith.example").await;
    site.sql("update users set email = 'new@kith.example' where username = 'alan'").await;
    assert_eq!(browser.post("/sign-in/code", &[("code", &code)]).await.location(), "/sign-in/code");
    assert_eq!(browser.who().await, None);
}

#[sqlx::test]
async fn a_link_with_an_unusable_code_offers_a_new_code(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let to = [("email", "alan@kith.example")];
    let mut asking = site.browser();
    asking.post("/sign-in/code/send", &to).await;
    let link = format!("/sign-in/code?code={}", site.code_to("alan@kith.example").await);
    let page = asking.get(&link).await.body;
    assert!(page.contains("Check your mail") && !page.contains("has ended"), "{page}");
    // The mail was opened in another browser, or too late, or again.
    let elsewhere = site.browser();
    let late = asking.clone();
    let code = link.rsplit('=').next().unwrap();
    assert_eq!(asking.post("/sign-in/code", &[("code", code)]).await.location(), "/");
    for mut browser in [elsewhere, late, asking] {
        let page = browser.get(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("That code has expired, or was requested in another browser."), "{}", page.body);
        assert!(page.body.contains("role=\"alert\"") && page.body.contains("action=\"/sign-in/code/send\""));
    }
    assert!(!site.browser().get("/sign-in/code").await.body.contains("has ended"), "who only comes by is told nothing");
}
