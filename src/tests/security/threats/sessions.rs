//! Sessions that outlive the event that should end them, that an attacker knew before, or that are another user's.

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state, routing::get};
use http::StatusCode;
use server::{
    accounts,
    identity::{
        sessions::{HashedStore, request::Admin},
        users::Role,
    },
};
use sqlx::PgPool;
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore, session::Id};
use tower_sessions_sqlx_store::PostgresStore;

use super::{Browser, NEW, PASSWORD, SAME_PASSWORD, Site, WAYS, ask_for_code, last_step, open_reset, send};

fn store(pool: &PgPool) -> HashedStore<PostgresStore> {
    let inner = PostgresStore::new(pool.clone()).with_schema_name("public").unwrap();
    HashedStore::new(inner.with_table_name("sessions").unwrap())
}

// H27.
#[sqlx::test]
async fn a_new_password_ends_all_other_sessions(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut here = site.signed_in("alan").await;
    let mut there = site.signed_in("alan").await;
    let weak = here.post("/settings/security/password", &[("new_password", "alan2026")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        here.post("/settings/security/password", &[("new_password", NEW)]).await.location(),
        "/settings/security"
    );
    assert_eq!((here.who().await.as_deref(), there.who().await), (Some("alan"), None));
    assert_eq!(site.browser().try_sign_in("alan", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(site.mail_to("alan@kith.example").await.unwrap().contains("password was changed"));
}

// H27.
#[sqlx::test]
async fn a_request_in_flight_cannot_restore_an_ended_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let browser = site.signed_in("alan").await;
    let id: Id = browser.session().unwrap().parse().unwrap();
    // As slow code would: loaded before the end, saved after it.
    let record = store(&pool).load(&id).await.unwrap().expect("a record");
    site.sql("delete from sessions").await;
    store(&pool).save(&record).await.unwrap();
    assert_eq!(site.count("select count(*) from sessions").await, 0);
    assert_eq!(browser.clone().who().await, None);
}

// H28.
#[sqlx::test]
async fn suspended_users_are_refused_by_every_sign_in_method(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let id = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::suspend(&site.server, id, "adverts", None).await.unwrap();
    let (mut by_link, mut by_code) = (site.browser(), site.browser());
    open_reset(&site, &mut by_link, "alan").await;
    let code = ask_for_code(&site, &mut by_code, "alan").await;
    let reset = by_link.post("/reset-password", &[("new_password", NEW)]).await;
    let code = by_code.post("/sign-in/code", &[("code", &code)]).await;
    let password = site.browser().try_sign_in("alan", PASSWORD).await;
    for (way, answer) in [("reset", reset), ("code", code), ("password", password)] {
        assert!(
            answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("adverts"),
            "{way}: {}",
            answer.status
        );
    }
    assert_eq!(site.count("select count(*) from sessions where user_id is not null").await, 0);
}

// H28.
#[sqlx::test]
async fn sessions_of_deleted_or_suspended_users_stop_working(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut alan, mut barbara) = (site.signed_in("alan").await, site.signed_in("barbara").await);
    site.sql("delete from users where username = 'alan'").await;
    // Also if only the row says so, as by an operator's hand or on another instance.
    site.sql("update users set suspended_at = now(), suspended_reason = 'x' where username = 'barbara'").await;
    for browser in [&mut alan, &mut barbara] {
        assert_eq!(browser.who().await, None);
        assert_eq!(browser.post("/posts", &[("body", "hello")]).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(site.count("select count(*) from posts").await, 0);
}

/// A test page that the site does not have yet: for administrators, with all layers in front of it.
fn with_admin_page(site: &Site, pool: &PgPool, browser: &Browser) -> Browser {
    let router = Router::new()
        .route("/settings/devices", get(|_: Admin| async {}))
        .layer(SessionManagerLayer::new(store(pool)))
        .layer(from_fn_with_state(site.server.clone(), server::http::facts));
    let mut there = Browser::new(router);
    there.cookies.clone_from(&browser.cookies);
    there
}

// H29.
#[sqlx::test]
async fn authorization_uses_the_current_role(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (name, id) in [("ada", "admin"), ("alan", "member")] {
        let mut there = with_admin_page(&site, &pool, &site.signed_in(name).await);
        let user = accounts::find(&site.server, name).await.unwrap();
        let at_first = there.get("/settings/devices").await.status;
        assert_eq!(at_first, if id == "admin" { StatusCode::OK } else { StatusCode::FORBIDDEN });
        for (role, status) in [
            (Role::Member, StatusCode::FORBIDDEN),
            (Role::Admin, StatusCode::OK),
            (Role::Moderator, StatusCode::FORBIDDEN),
            (Role::Admin, StatusCode::OK),
        ] {
            // Also if only the row says so, as by an operator's hand.
            site.sql(&format!("update users set role = '{}' where username = '{name}'", role.name())).await;
            assert_eq!(there.get("/settings/devices").await.status, status, "{name}");
        }
        site.unelevate().await;
        assert_eq!(there.get("/settings/devices").await.status, StatusCode::FORBIDDEN, "a proof of long ago");
        accounts::suspend(&site.server, user, "a test", None).await.unwrap();
        assert_eq!(there.get("/settings/devices").await.status, StatusCode::UNAUTHORIZED);
    }
}

// H30.
#[sqlx::test]
async fn sign_in_never_adopts_a_planted_session_id(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for way in &WAYS[..5] {
        let issued = {
            let session = Session::new(None, Arc::new(store(&pool)), Some(Expiry::OnSessionEnd));
            session.save().await.unwrap();
            session.id().unwrap().to_string()
        };
        let of_another = site.signed_in("barbara").await.session().unwrap().clone();
        for (name, planted) in [("issued", issued), ("invented", Id(77).to_string()), ("another's", of_another)] {
            site.sql("delete from limits; delete from users where username in ('newcomer', 'boss')").await;
            site.sql(SAME_PASSWORD).await;
            let mut victim = site.browser();
            let last = last_step(&site, &mut victim, way).await;
            victim.cookies.insert("__Host-id".to_owned(), planted.clone());
            let answer = send(&mut victim, &last).await;
            assert_eq!(answer.location(), "/", "{way}: {}", answer.body);
            assert!(victim.who().await.is_some() && victim.session() != Some(&planted), "{way}, {name}");
            let mut attacker = site.browser();
            attacker.cookies.insert("__Host-id".to_owned(), planted);
            assert_eq!(attacker.who().await, None, "{way}, {name}");
        }
    }
}

// H33.
#[sqlx::test]
async fn users_cannot_revoke_sessions_of_other_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let device: String = sqlx::query_scalar("select device_id::text from sessions").fetch_one(&pool).await.unwrap();
    let mut barbara = site.signed_in("barbara").await;
    for id in [device.as_str(), "00000000-0000-0000-0000-000000000000", "x", "%00"] {
        let answer = barbara.post(&format!("/settings/devices/{id}/end"), &[]).await;
        assert!(answer.status.is_client_error(), "{id} {}", answer.status);
    }
    assert_eq!(alan.who().await.as_deref(), Some("alan"));
}

// H33.
#[sqlx::test]
async fn device_page_shows_only_own_sessions_without_usable_ids(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.browser().at("198.51.100.66");
    alan.agent = "Chrome/150 Windows".to_owned();
    alan.sign_in("alan").await;
    let mut barbara = site.signed_in("barbara").await;
    let page = barbara.get("/settings/devices").await.body;
    assert!(page.contains("203.0.113.7") && !page.contains("198.51.100.66") && !page.contains("Chrome"));
    let ids: Vec<String> = sqlx::query_scalar("select device_id::text from sessions").fetch_all(&pool).await.unwrap();
    for id in ids.into_iter().flat_map(|id| [id.replace('-', ""), id]) {
        let mut thief = site.browser();
        thief.cookies.insert("__Host-id".to_owned(), id);
        assert_eq!(thief.who().await, None, "a device's id is no session's");
    }
    // Nor does a request for it that comes from another site.
    let elsewhere = http::Request::post("/settings/devices/all/end")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(barbara.send(elsewhere).await.status, StatusCode::FORBIDDEN);
    assert_eq!(barbara.who().await.as_deref(), Some("barbara"));
}

// M02.
#[sqlx::test]
async fn a_role_change_revokes_all_sessions_of_the_user(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let alan = accounts::find(&site.server, "alan").await.unwrap();
    let mut barbara = site.signed_in("barbara").await;
    let mut known = site.signed_in("alan").await;
    for role in [Role::Admin, Role::Moderator, Role::Member] {
        let (mut here, mut there) = (site.signed_in("alan").await, with_admin_page(&site, &pool, &known));
        accounts::set_role(&site.server, alan, role).await.unwrap();
        assert_eq!((known.who().await, here.who().await), (None, None), "{role:?}: at the next request");
        assert_eq!(there.get("/settings/devices").await.status, StatusCode::UNAUTHORIZED, "{role:?}");
        site.sql("delete from jobs").await;
        known.sign_in("alan").await;
        assert_eq!(site.count("select count(*) from jobs").await, 0, "{role:?}: nobody else's browser for that");
        let status = with_admin_page(&site, &pool, &known).get("/settings/devices").await.status;
        assert_eq!(status, if role == Role::Admin { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{role:?}");
        // The same role once more changes nothing.
        accounts::set_role(&site.server, alan, role).await.unwrap();
        assert_eq!(known.who().await.as_deref(), Some("alan"), "{role:?}");
    }
    assert_eq!(site.count("select count(*) from audit_events where kind = 'role_changed'").await, 3);
    assert_eq!(barbara.who().await.as_deref(), Some("barbara"));
}
