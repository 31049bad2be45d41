//! Elevation: it must hold at the moment of the change, and the typed form waits for it.

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::cast;

use crate::tests::{
    Answer, Browser, PASSWORD, Site,
    identity::oauth::{World, come_back},
};

const NEW: &str = "seven green umbrellas dance";
const PROOFS_END: &str = "update sessions set elevated_until = now() - interval '1 second'";

/// Sends a form while another transaction holds locks on `sql`'s rows, which then commits.
async fn meanwhile(site: &Site, sql: &str, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let (mut browser, path) = (browser.clone(), path.to_owned());
    let fields: Vec<(String, String)> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let request = async move {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        browser.post(&path, &fields).await
    };
    while_held(site, sql, request).await
}

/// Does something while another transaction holds locks on `sql`'s rows, which then commits.
async fn while_held(site: &Site, sql: &str, request: impl Future<Output = Answer> + Send + 'static) -> Answer {
    let mut tx = site.server.begin().await.unwrap();
    sqlx::raw_sql("select 1 from users where username = 'alan' for update").execute(&mut *tx).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut *tx).await.unwrap();
    let request = tokio::spawn(request);
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
async fn delayed_changes_fail_after_their_session_or_elevation_ends(pool: PgPool) {
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
        site.reset_limits().await;
    }
    let after: String =
        sqlx::query_scalar("select hash from passwords p join users u on u.id = p.user_id where username = 'alan'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(before, after);
    assert_eq!(site.count("select count(*) from email_codes").await, 0);
}

/// A verb that needs elevation: its preparation, the form, and the state it would change.
struct Verb {
    path: String,
    fields: Vec<(&'static str, String)>,
    state: &'static str,
}

/// Makes a browser ready for the last step of a change that needs more than a form.
async fn ready(world: &World, alan: &mut Browser, what: &str) -> Verb {
    let site = &world.site;
    match what {
        "address" => {
            alan.post("/settings/account/email", &[("email", "turing@kith.example")]).await;
            let code = site.code_to("turing@kith.example").await;
            let path = "/settings/account/email/verify".to_owned();
            let state = "select count(*) from users where email = 'turing@kith.example'";
            Verb { path, fields: vec![("code", code)], state }
        }
        "device" => {
            site.signed_in("alan").await;
            let sql = "select device_id::text from sessions order by created_at desc limit 1";
            let device: String = sqlx::query_scalar(sql).fetch_one(site.server.db()).await.unwrap();
            let path = format!("/settings/devices/{device}/end");
            Verb { path, fields: vec![], state: "select count(*) from audit_events where kind = 'device_ended'" }
        }
        _ => {
            let link = format!(
                "delete from identities; insert into identities (user_id, provider, issuer, subject)
                 select id, 'github', '{}', '1' from users where username = 'alan'",
                world.github.url
            );
            site.sql(&link).await;
            let state = "select 1 - count(*) from identities";
            Verb { path: "/settings/connections/github/unlink".to_owned(), fields: vec![], state }
        }
    }
}

#[sqlx::test]
async fn delayed_final_steps_fail_after_their_session_or_elevation_ends(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let site = &world.site;
    for what in ["address", "device", "unlink"] {
        for (sql, onward) in [("delete from sessions", "/sign-in"), (PROOFS_END, "/elevate")] {
            site.sql("delete from limits; delete from jobs").await;
            let mut alan = site.signed_in("alan").await;
            let verb = ready(&world, &mut alan, what).await;
            let fields: Vec<(&str, &str)> = verb.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = meanwhile(site, sql, &alan, &verb.path, &fields).await;
            assert!(answer.location().starts_with(onward), "{what}: {} {}", answer.status, answer.location());
            assert_eq!(site.count(verb.state).await, 0, "{what}");
        }
        // It was prepared: with a valid elevation it succeeds.
        site.sql("delete from limits; delete from jobs").await;
        let mut alan = site.signed_in("alan").await;
        let verb = ready(&world, &mut alan, what).await;
        let fields: Vec<(&str, &str)> = verb.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(alan.post(&verb.path, &fields).await.status, StatusCode::SEE_OTHER, "{what}");
        assert_eq!(site.count(verb.state).await, 1, "{what}");
    }
}

#[sqlx::test]
async fn delayed_linking_fails_after_its_session_or_elevation_ends(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    for (sql, linked) in [("delete from sessions", 0), (PROOFS_END, 0), ("select 1", 1)] {
        let mut alan = world.site.signed_in("alan").await;
        let way = world.leave(&mut alan, "/settings/connections/github/link", &[]).await;
        let back = world.github.approve(&way, cast::MONA);
        let answer = while_held(&world.site, sql, async move { come_back(&mut alan, &back).await }).await;
        let expected = if linked == 1 { StatusCode::SEE_OTHER } else { StatusCode::BAD_REQUEST };
        assert_eq!(answer.status, expected, "{sql}: {}", answer.body);
        assert_eq!(world.site.count("select count(*) from identities").await, linked, "{sql}");
    }
}

#[sqlx::test]
async fn typed_text_is_shown_once_after_elevation(pool: PgPool) {
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
    assert_eq!(site.count("select count(*) from email_codes").await, 0, "nothing was done yet");
}

#[sqlx::test]
async fn passwords_and_confirmations_are_never_stored_in_the_draft(pool: PgPool) {
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
    // A made-up form is not one of ours.
    let own = alan.form_user().await.unwrap();
    for made_up in ["username%3D%00", "x", "username%3Dmallory%26role%3Dadmin", "%ff"] {
        alan.cookies.insert("__Host-draft".into(), format!("{own}.{made_up}"));
        let page = alan.get("/settings/account").await;
        assert!(page.status == StatusCode::OK && !page.body.contains("mallory"), "{made_up}");
    }
}

#[sqlx::test]
async fn a_draft_is_not_shown_to_another_user(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    site.sql(PROOFS_END).await;
    alan.post("/settings/account/username", &[("username", "turing")]).await;
    let draft = alan.cookies["__Host-draft"].clone();
    for mut browser in [alan, site.signed_in("grace").await] {
        browser.cookies.insert("__Host-draft".into(), draft.clone());
        let is_alan = browser.who().await.as_deref() == Some("alan");
        assert_eq!(browser.get("/settings/account").await.body.contains("turing"), is_alan);
    }
}

#[sqlx::test]
async fn refuses_to_remove_a_password_without_another_sign_in_method(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let answer = alan.post("/settings/security/password/remove", &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("only thing your account opens with"));
    assert_eq!(alan.who().await.as_deref(), Some("alan"));
    site.browser().sign_in("alan").await;
}
