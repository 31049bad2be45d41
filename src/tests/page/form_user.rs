//! Forms act for the user they were rendered for. A user who signs in as another user in a second tab and sends a form
//! of the first tab changes nothing.

use http::{Method, StatusCode};
use sqlx::PgPool;

use crate::tests::{Browser, Site, security::routes};

/// The rows of every table that a form can change, as one text each, without times of last use.
async fn contents(site: &Site) -> Vec<Option<String>> {
    let mut all = Vec::new();
    for table in [
        "(select id, username, display_name, bio, email, avatar, suspended_at, digest_rhythm from users)",
        "posts",
        "post_versions",
        "likes",
        "follows",
        "notifications",
        "passwords",
        "identities",
        "email_codes",
        "registrations",
        "authorization_requests",
        "jobs",
        "(select id, device_id, user_id from sessions where user_id is not null)",
    ] {
        let sql = format!("select md5(string_agg(t::text, '|' order by t::text)) from {table} t");
        all.push(sqlx::query_scalar(&sql).fetch_one(site.server.db()).await.unwrap());
    }
    all
}

const FIELDS: &[(&str, &str)] = &[
    ("body", "meant for ada"),
    ("email", "meant-for-ada@kith.example"),
    ("username", "meant_for_ada"),
    ("display_name", "Meant For Ada"),
    ("identifier", "ada"),
];

/// Returns grace's browser, and ada's id as a form that was opened before holds it.
async fn grace_with_a_form_of_ada(site: &Site) -> (Browser, String) {
    let mut browser = site.signed_in("ada").await;
    let ada = browser.form_user().await.unwrap();
    browser.post("/sign-out", &[]).await;
    browser.sign_in("grace").await;
    (browser, ada)
}

#[sqlx::test]
async fn every_form_of_another_user_is_refused(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("grace", "hello").await;
    let (mut grace, ada) = grace_with_a_form_of_ada(&site).await;
    let before = contents(&site).await;
    let mut unbound = Vec::new();
    for door in site.doors.iter().filter(|door| door.method == Method::POST) {
        if !door.bound {
            unbound.push(door.path);
            continue;
        }
        let path = routes::path(door, post);
        for user in [Some(&*ada), None, Some(""), Some("0"), Some("x")] {
            let fields: Vec<_> = FIELDS.iter().copied().chain(user.map(|id| ("for_user", id))).collect();
            let answer = match door.path {
                "/settings/profile/picture" => grace.send_file_to(&path, user).await,
                _ => grace.post_fields(&path, &fields).await,
            };
            assert_eq!(answer.status, StatusCode::CONFLICT, "{path} for {user:?}");
            assert!(answer.body.contains("You are signed in as @grace"), "{path} for {user:?}: {}", answer.body);
        }
    }
    assert_eq!(unbound, ["/unsubscribe", "/theme", "/reset-password", "/undo-email", "/end-session"]);
    assert_eq!(contents(&site).await, before);
    assert_eq!(grace.who().await.as_deref(), Some("grace"));
}

#[sqlx::test]
async fn every_function_refuses_a_page_of_another_user(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("grace", "hello").await.to_string();
    let (mut grace, ada) = grace_with_a_form_of_ada(&site).await;
    let before = contents(&site).await;
    let arguments = [("post", &*post), ("like", "true"), ("username", "alan"), ("follow", "true"), ("body", "x")];
    let mut functions = 0;
    for (path, _) in server_fn::axum::server_fn_paths() {
        for user in [Some(&*ada), None] {
            let fields: Vec<_> = arguments.iter().copied().chain(user.map(|id| ("for_user", id))).collect();
            let answer = grace.post_fields(path, &fields).await;
            assert_eq!((answer.status, &*answer.body), (StatusCode::CONFLICT, "other-user"), "{path} for {user:?}");
        }
        functions += 1;
    }
    assert!(functions >= 4);
    assert_eq!(contents(&site).await, before);
}

#[sqlx::test]
async fn a_refused_form_keeps_the_text_and_names_the_user(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("grace", "hello").await;
    let (mut grace, ada) = grace_with_a_form_of_ada(&site).await;
    let form = |path: String, fields: &[(&'static str, &'static str)]| (path, fields.to_vec());
    let links = [("link1", "https://ada.example"), ("link2", ""), ("link3", ""), ("link4", "")];
    let about = [("display_name", "Ada Lovelace"), ("bio", "I write <notes>"), ("pronouns", ""), ("place", "")];
    let about = [&about[..], &links].concat();
    for (path, fields) in [
        form("/posts".into(), &[("body", "a long <thought>")]),
        form(format!("/posts/{post}/replies"), &[("body", "an <answer>")]),
        form(format!("/posts/{post}/edit"), &[("body", "a <correction>")]),
        form("/settings/profile".into(), &about),
        form("/settings/account/email".into(), &[("email", "new<@kith.example")]),
        form("/settings/account/username".into(), &[("username", "new<name")]),
        form("/sign-in".into(), &[("identifier", "a<da"), ("password", "not shown again")]),
    ] {
        let all: Vec<_> = fields.iter().copied().chain([("for_user", &*ada)]).collect();
        let answer = grace.post_fields(&path, &all).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{path}");
        assert!(answer.body.contains("You are signed in as @grace"), "{path}");
        for (name, text) in fields.iter().filter(|(name, text)| *name != "password" && !text.is_empty()) {
            let shown = text.replace('<', "&lt;");
            assert!(answer.body.contains(&shown) || answer.body.contains(&shown.replace('>', "&gt;")), "{path} {name}");
        }
        assert!(!answer.body.contains("not shown again"));
    }
}

#[sqlx::test]
async fn the_preserved_text_can_be_sent_as_the_current_user(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut grace, ada) = grace_with_a_form_of_ada(&site).await;
    let refused = grace.post_fields("/posts", &[("body", "my words"), ("for_user", &ada)]).await;
    let id = grace.form_user().await.unwrap();
    assert!(refused.body.contains(&format!("name=\"for_user\" value=\"{id}\"")));
    let sent = grace.post_fields("/posts", &[("body", "my words"), ("for_user", &id)]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert_eq!(
        site.count("select count(*) from posts p join users u on u.id = p.author_id where username = 'grace'").await,
        1
    );
}

#[sqlx::test]
async fn every_form_on_every_page_names_its_user(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut ada = site.signed_in("ada").await;
    let id = ada.form_user().await.unwrap();
    let (mut pages, mut forms) = (0, 0);
    for door in site.doors.iter().filter(|door| door.method == Method::GET) {
        let answer = ada.get(&routes::path(door, post)).await;
        let posting = answer.body.matches("method=\"post\"").count() + answer.body.matches(" ping=\"").count();
        let bound = answer.body.matches(&format!("name=\"for_user\" value=\"{id}\"")).count()
            + answer.body.matches(&format!("?for_user={id}\"")).count();
        assert_eq!(posting, bound, "{}", door.path);
        pages += usize::from(posting > 0);
        forms += posting;
    }
    assert!(pages > 20 && forms > 60, "{pages} pages, {forms} forms");
}

#[sqlx::test]
async fn signed_out_forms_are_refused_after_signing_in(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut ada = site.signed_in("ada").await;
    let before = contents(&site).await;
    let fields = [("identifier", "grace"), ("password", crate::tests::support::site::PASSWORD)];
    let answer = ada.post_fields("/sign-in", &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("You are signed in as @ada"));
    assert_eq!(contents(&site).await, before);
    // For a visitor who is signed out, no form names a user.
    assert!(!site.browser().get("/sign-in").await.body.contains("for_user"));
}

#[sqlx::test]
async fn a_form_works_after_signing_in_again_as_its_user(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut ada = site.signed_in("ada").await;
    let id = ada.form_user().await.unwrap();
    ada.post("/sign-out", &[]).await;
    ada.sign_in("ada").await;
    assert_eq!(ada.post_fields("/posts", &[("body", "x"), ("for_user", &id)]).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn forms_preserve_text_after_the_session_ends(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut ada = site.signed_in("ada").await;
    let id = ada.form_user().await.unwrap();
    site.sql("delete from sessions").await;
    let fields = [("body", "my words"), ("for_user", &*id)];
    let answer = ada.post_fields("/posts", &fields).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains("my words"));
    // The page with the text still belongs to that user: they can send it after they sign in in another tab.
    assert!(answer.body.contains(&format!("name=\"for_user\" value=\"{id}\"")), "{}", answer.body);
    // Forms for everyone are read as if they came from a page for visitors.
    let sign_in = [("identifier", "ada"), ("password", crate::tests::support::site::PASSWORD), ("for_user", &*id)];
    assert_eq!(ada.post_fields("/sign-in", &sign_in).await.status, StatusCode::SEE_OTHER);
}
