//! Proving again who one is: the proof must hold at the moment of the change, and what was typed waits for it.

use http::StatusCode;
use sqlx::PgPool;

use super::{Browser, PASSWORD, Site};

const NEW: &str = "seven green umbrellas dance";
const PROOFS_END: &str = "update sessions set elevated_until = now() - interval '1 second'";

/// Sends a form while another transaction holds `sql`'s rows, which then commits.
async fn meanwhile(site: &Site, sql: &str, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> super::Answer {
    let mut tx = site.server.begin().await.unwrap();
    sqlx::raw_sql("select 1 from users where username = 'alan' for update").execute(&mut *tx).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut *tx).await.unwrap();
    let (mut browser, path) = (browser.clone(), path.to_owned());
    let fields: Vec<(String, String)> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let request = tokio::spawn(async move {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        browser.post(&path, &fields).await
    });
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    for _ in 0..200 {
        if site.count(waits).await > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(site.count(waits).await, 1, "it waits for the person's row");
    tx.commit().await.unwrap();
    request.await.unwrap()
}

#[sqlx::test]
async fn a_change_that_waited_while_its_session_ended_changes_nothing(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let state = "select (select count(*) from users where username = 'alan' and email = 'alan@kith.example')
        + (select count(*) from passwords p join users u on u.id = p.user_id where u.username = 'alan')";
    let before: String =
        sqlx::query_scalar("select hash from passwords p join users u on u.id = p.user_id where username = 'alan'")
            .fetch_one(&pool)
            .await
            .unwrap();
    for (path, fields) in [
        ("/settings/security/password", &[("new_password", NEW)][..]),
        ("/settings/security/password/remove", &[]),
        ("/settings/account/email", &[("email", "new@kith.example")]),
        ("/settings/account/username", &[("username", "turing")]),
        ("/settings/account/delete", &[("username_again", "alan")]),
        ("/settings/account/export", &[]),
        ("/settings/devices/others/end", &[]),
        ("/settings/devices/all/end", &[]),
    ] {
        let alan = site.signed_in("alan").await;
        let answer = meanwhile(&site, "delete from sessions", &alan, path, fields).await;
        assert!(answer.location().starts_with("/sign-in"), "{path}: {} {}", answer.status, answer.location());
        let alan = site.signed_in("alan").await;
        let answer = meanwhile(&site, PROOFS_END, &alan, path, fields).await;
        assert!(answer.location().starts_with("/elevate"), "{path}: {} {}", answer.status, answer.location());
        assert_eq!(site.count(state).await, 2, "{path}");
        site.sql("delete from limits").await;
    }
    let after: String =
        sqlx::query_scalar("select hash from passwords p join users u on u.id = p.user_id where username = 'alan'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(before, after);
    assert_eq!(site.count("select count(*) from codes").await, 0);
}

#[sqlx::test]
async fn what_was_typed_waits_for_the_proof_and_is_shown_once(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (path, fields) in [
        ("/settings/account/email", [("email", "new+one@kith.example")]),
        ("/settings/account/username", [("username", "turing")]),
    ] {
        let mut alan = site.signed_in("alan").await;
        site.sql(PROOFS_END).await;
        let asked = alan.post(path, &fields).await;
        assert!(asked.location().starts_with("/elevate?next="), "{}", asked.location());
        let proof = [("current_password", PASSWORD), ("next", "/settings/account")];
        assert_eq!(alan.post("/elevate", &proof).await.location(), "/settings/account");
        let page = alan.get("/settings/account").await;
        assert!(page.body.contains(&format!("value=\"{}\"", fields[0].1)), "{}", page.body);
        assert!(page.body.contains("press the button once more"));
        assert!(!alan.cookies.contains_key("__Host-draft"));
        assert!(!alan.get("/settings/account").await.body.contains(fields[0].1));
    }
    assert_eq!(site.count("select count(*) from codes").await, 0, "nothing was done yet");
}

#[sqlx::test]
async fn passwords_and_confirmations_are_never_kept(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    site.sql(PROOFS_END).await;
    for (path, fields) in [
        ("/settings/security/password", [("new_password", NEW)]),
        ("/settings/account/delete", [("username_again", "alan")]),
        ("/settings/account/username", [("username", &"x".repeat(4_000))]),
        ("/settings/account/email", [("unknown", "field")]),
    ] {
        let asked = alan.post(path, &fields).await;
        assert!(asked.location().starts_with("/elevate?next="), "{path}");
        assert!(!alan.cookies.contains_key("__Host-draft"), "{path}");
    }
    // What a browser makes up is no form of ours.
    for made_up in ["username%3D%00", "x", "username%3Dmallory%26role%3Dadmin", "%ff"] {
        alan.cookies.insert("__Host-draft".into(), made_up.into());
        let page = alan.get("/settings/account").await;
        assert!(page.status == StatusCode::OK && !page.body.contains("mallory"), "{made_up}");
    }
}

#[sqlx::test]
async fn the_password_stays_while_nothing_else_opens_the_account(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let answer = alan.post("/settings/security/password/remove", &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("only thing your account opens with"));
    assert_eq!(alan.who().await.as_deref(), Some("alan"));
    site.browser().sign_in("alan").await;
}
