//! Changing password, address and username.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{PASSWORD, Site, identity::recovery::link_to};

const NEW: &str = "seven green umbrellas sing";

#[sqlx::test]
async fn changing_to_a_registered_address_reveals_nothing_and_fails(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    let answer = browser.post("/settings/account/email", &[("email", "ada@kith.example")]).await;
    assert_eq!(answer.location(), "/settings/account/email/verify");
    assert!(site.mail_to("ada@kith.example").await.unwrap().contains("in use"));
    let guess = browser.post("/settings/account/email/verify", &[("code", "123456")]).await;
    assert_eq!(guess.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[sqlx::test]
async fn reserves_a_former_username_and_redirects_to_the_new_one(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    for (name, why) in [("ada", "taken"), ("alan", "already"), ("a b", "letters"), ("admin", "kept")] {
        let answer = alan.post("/settings/account/username", &[("username", name)]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains(why), "{name}");
    }
    assert_eq!(
        alan.post("/settings/account/username", &[("username", "Turing")]).await.location(),
        "/settings/account"
    );
    assert_eq!(alan.who().await.as_deref(), Some("turing"));
    assert_eq!(site.browser().get("/@alan").await.location(), "/@turing");
    let mut barbara = site.signed_in("barbara").await;
    let taken = barbara.post("/settings/account/username", &[("username", "alan")]).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("email", "x@kith.example"), ("username", "alan"), ("password", NEW)];
    assert_eq!(site.browser().post("/sign-up", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        alan.post("/settings/account/username", &[("username", "alan")]).await.location(),
        "/settings/account",
        "back again"
    );
    site.sql("update former_usernames set reserved_until = now() - interval '1 second'").await;
    assert_eq!(site.browser().get("/@turing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        barbara.post("/settings/account/username", &[("username", "turing")]).await.location(),
        "/settings/account"
    );
}

#[sqlx::test]
async fn a_code_elevates_only_the_user_it_was_sent_to(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    site.unelevate().await;
    let wall = alan.post("/settings/security/password", &[("new_password", NEW)]).await;
    assert_eq!(wall.location(), "/elevate?next=%2F");
    let answer = alan.post("/elevate/send", &[("next", "/settings/security")]).await;
    assert_eq!(answer.location(), "/elevate/code?next=%2Fsettings%2Fsecurity");
    let code = site.code_to("alan@kith.example").await;
    let mut barbara = site.signed_in("barbara").await;
    barbara.cookies.insert("__Host-proof".into(), alan.cookies["__Host-proof"].clone());
    let page = barbara.get("/elevate/code").await;
    assert!(!page.body.contains("alan@kith.example"), "the next user of a browser does not see who used it before");
    for _ in 0..6 {
        let foreign = barbara.post("/elevate/code", &[("code", "123456")]).await;
        assert_eq!(foreign.location(), "/elevate?next=%2Fsettings%2Fdevices", "they use up none of its tries");
    }
    let foreign = barbara.post("/elevate/code", &[("code", &code)]).await;
    assert_eq!(foreign.location(), "/elevate?next=%2Fsettings%2Fdevices");
    let fields = [("code", code.as_str()), ("next", "/settings/security")];
    assert_eq!(alan.post("/elevate/code", &fields).await.location(), "/settings/security");
    assert_eq!(
        alan.post("/settings/security/password", &[("new_password", NEW)]).await.location(),
        "/settings/security"
    );
}

#[sqlx::test]
async fn users_without_password_sign_in_by_code_and_set_one(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql("delete from passwords").await;
    let mut alan = site.browser();
    alan.post("/sign-in/code/send", &[("email", "alan@kith.example")]).await;
    let code = site.code_to("alan@kith.example").await;
    alan.post("/sign-in/code", &[("code", &code)]).await;
    assert!(alan.get("/settings/security").await.body.contains("no password yet"));
    assert!(!alan.get("/elevate").await.body.contains("current_password"));
    assert_eq!(
        alan.post("/settings/security/password", &[("new_password", NEW)]).await.location(),
        "/settings/security"
    );
    assert_eq!(site.browser().try_sign_in("alan", NEW).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn the_activity_page_describes_the_events_of_the_user(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/elevate", &[("current_password", PASSWORD)]).await;
    alan.post("/settings/devices/others/end", &[]).await;
    alan.post("/settings/account/username", &[("username", "turing")]).await;
    alan.post("/settings/security/password", &[("new_password", NEW)]).await;
    let page = alan.get("/settings/activity").await.body;
    for words in [
        "Signed in with your password",
        "You proved that it is you",
        "All other devices",
        "from @alan",
        "password was changed",
        "Firefox 144 on Linux",
        "203.0.113.7",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!site.signed_in("barbara").await.get("/settings/activity").await.body.contains("from @alan"));
    site.sql("insert into audit_events (user_id, kind) select id, 'signed_out' from users, generate_series(1, 60) where username = 'turing'").await;
    let first = alan.get("/settings/activity").await.body;
    assert!(first.contains("rel=\"next\"") && first.matches("class=\"device\"").count() == 50);
}

#[sqlx::test]
async fn own_events_are_not_attributed_to_operators_after_the_sweep(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/settings/account/username", &[("username", "turing")]).await;
    alan.post("/settings/devices/all/end", &[]).await;
    alan.post("/forgot-password", &[("email", "alan@kith.example")]).await;
    let token = link_to(&site, "alan@kith.example", "/reset-password").await;
    alan.get(&format!("/reset-password?token={token}")).await;
    alan.post("/reset-password", &[("new_password", NEW)]).await;
    let id = server::accounts::find(&site.server, "turing").await.unwrap();
    server::accounts::suspend(&site.server, id, "a test", None).await.unwrap();
    server::accounts::restore(&site.server, id).await.unwrap();
    site.sql("update audit_events set at = at - interval '91 days'").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from audit_events where ip is not null").await, 0);
    assert_eq!(alan.try_sign_in("turing", NEW).await.status, StatusCode::SEE_OTHER);
    let page = alan.get("/settings/activity").await.body;
    let line =
        |words: &str| page.split("<li").find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {page}"));
    for own in ["username was changed", "All devices were signed out", "A new password was chosen by mail"] {
        assert!(!line(own).contains("by the people who run this site"), "{}", line(own));
    }
    for theirs in ["The account was suspended", "The account was restored"] {
        assert!(line(theirs).contains("by the people who run this site"), "{}", line(theirs));
    }
}

#[sqlx::test]
async fn elevation_by_code_preserves_a_pending_change_of_address(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/settings/account/email", &[("email", "turing@kith.example")]).await;
    let change = site.code_to("turing@kith.example").await;
    site.unelevate().await;
    let next = ("next", "/settings/account/email/verify");
    assert!(alan.post(next.1, &[("code", &change)]).await.location().starts_with("/elevate?next="));
    alan.post("/elevate/send", &[next]).await;
    let proof = site.code_to("alan@kith.example").await;
    assert_eq!(alan.post("/elevate/code", &[("code", &proof), next]).await.location(), next.1);
    assert!(alan.get(next.1).await.body.contains("turing@kith.example"), "it still waits");
    assert_eq!(alan.post(next.1, &[("code", &change)]).await.flash(), "email-changed");
    assert!(!alan.cookies.contains_key("__Host-flow") && !alan.cookies.contains_key("__Host-proof"));
}
