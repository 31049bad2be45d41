//! Input that no form of ours sends: text that Postgres cannot hold, and fields that name another user.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use sqlx::PgPool;

use super::{Answer, Browser, NEW, PASSWORD, Site, encode};

/// Every form with text in it, with valid values. A test checks that none is missing.
const FORMS: [(&str, &[(&str, &str)]); 32] = [
    (
        "/sign-up",
        &[("email", "new@kith.example"), ("username", "newcomer"), ("display_name", "New"), ("password", NEW)],
    ),
    ("/sign-up/verify", &[("code", "123456")]),
    ("/sign-up/finish", &[("username", "newcomer"), ("password", NEW), ("link", "x")]),
    ("/sign-in", &[("identifier", "alan"), ("password", PASSWORD), ("remember", "true"), ("next", "/")]),
    ("/sign-in/code", &[("code", "123456"), ("remember", "true")]),
    ("/sign-in/code/send", &[("email", "alan@kith.example")]),
    ("/forgot-password", &[("email", "alan@kith.example")]),
    ("/reset-password", &[("new_password", NEW), ("link", "x")]),
    ("/undo-email", &[("link", "x")]),
    ("/end-session", &[("link", "x")]),
    ("/elevate", &[("current_password", PASSWORD), ("next", "/")]),
    ("/elevate/send", &[("next", "/")]),
    ("/elevate/code", &[("code", "123456"), ("next", "/")]),
    ("/settings/account/email", &[("email", "other@kith.example")]),
    ("/settings/account/email/verify", &[("code", "123456")]),
    ("/settings/account/username", &[("username", "turing")]),
    ("/settings/account/delete", &[("username_again", "alan")]),
    ("/settings/security/password", &[("new_password", NEW)]),
    (
        "/settings/profile",
        &[
            ("display_name", "Alan"),
            ("bio", "hello"),
            ("pronouns", "he/him"),
            ("place", "here"),
            ("link1", "https://example.org"),
            ("link2", ""),
            ("link3", ""),
            ("link4", ""),
        ],
    ),
    ("/posts", &[("body", "hello"), ("once", "00000000-0000-4000-8000-000000000000")]),
    ("/posts/{id}/replies", &[("body", "hello"), ("once", "00000000-0000-4000-8000-000000000000")]),
    ("/posts/{id}/edit", &[("body", "hello")]),
    ("/auth/{provider}", &[("next", "/")]),
    ("/elevate/with/{provider}", &[("next", "/")]),
    ("/sign-up/provider", &[("email", "new@kith.example"), ("username", "newcomer"), ("display_name", "New")]),
    ("/sign-up/provider/send", &[("email", "new@kith.example")]),
    ("/sign-up/provider/code", &[("code", "123456")]),
    ("/sign-up/provider/password", &[("password", PASSWORD)]),
    ("/theme", &[("theme", "dark"), ("next", "/")]),
    ("/notifications/read", &[("until", "1790000000000000-1")]),
    ("/notifications/{id}/read", &[("next", "/notifications")]),
    ("/settings/notifications", &[("rhythm", "weekly"), ("reply", "true")]),
];

/// Returns all rows, so that any change shows. (Sessions also change by use.)
async fn all_of(site: &Site) -> Vec<String> {
    let mut all = Vec::new();
    for table in
        ["users", "passwords", "posts", "likes", "follows", "registrations", "jobs", "email_codes", "email_links"]
    {
        let sql = format!("select coalesce(md5(string_agg(t::text, ' ' order by t::text)), '') from {table} t");
        all.push(sqlx::query_scalar(&sql).fetch_one(site.server.db()).await.unwrap());
    }
    all
}

async fn send(browser: &mut Browser, path: &str, body: String) -> Answer {
    let body = match browser.form_user().await {
        Some(id) => format!("{body}&for_user={id}"),
        None => body,
    };
    let request = Request::post(path)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

#[sqlx::test]
async fn the_list_of_forms_with_text_is_complete(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let silent = [
        "/sign-up/resend",
        "/sign-out",
        "/sign-up/provider/with/{provider}",
        "/settings/connections/{provider}/link",
        "/settings/connections/{provider}/unlink",
        "/settings/connections/{provider}/refresh",
        "/settings/account/export",
        "/settings/profile/picture",
        "/settings/profile/picture/remove",
        "/settings/security/password/remove",
        "/settings/devices/others/end",
        "/settings/devices/all/end",
        "/settings/devices/{device}/end",
        "/posts/{id}/delete",
        "/posts/{id}/like",
        "/{handle}/follow",
        // A mail provider's, which has a token in its address.
        "/unsubscribe",
    ];
    for door in site.doors.iter().filter(|door| door.method == Method::POST) {
        let known = silent.contains(&door.path) || FORMS.iter().any(|(path, _)| *path == door.path);
        assert!(known, "{} is a form nobody tries odd text at: add it here", door.path);
    }
}

// H12.
#[sqlx::test]
async fn malformed_urls_cause_no_server_errors(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    for odd in [
        "/%00",
        "/@%00",
        "/posts/%00",
        "/posts/x",
        "/posts/-1",
        "/posts/99999999999999999999",
        "/posts/1/x",
        "/%ff",
        "/@%ff",
        "/..%2f..%2fetc/passwd",
        "/%252e%252e%252f",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/../Cargo.toml",
        "/assets/manifest.json",
        "/assets/",
        "/pkg/",
        "/.env",
        "/.git/HEAD",
        "/Cargo.toml",
        "/wp-login.php",
        "//",
        "///",
        "/?before=%00",
        "/sign-in?next=%00",
        "/sign-up/invitation?token=%00",
        "/admin",
        "/metrics",
    ] {
        let answer = alan.get(odd).await;
        let page_all_the_same = odd.contains('?') && answer.status.is_success();
        let refused = answer.status.is_client_error() || answer.status.is_redirection();
        assert!(refused || page_all_the_same, "{odd}: {}", answer.status);
    }
}

// H12.
#[sqlx::test]
async fn every_form_field_refuses_invalid_text(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("ada", "hello").await;
    let mut alan = site.signed_in("alan").await;
    let before = all_of(&site).await;
    for (path, fields) in FORMS {
        let path = path.replace("{id}", &post.to_string()).replace("{provider}", "github");
        for (odd, _) in fields {
            // NUL; bytes that are no UTF-8; half of a surrogate pair as it would be in UTF-8; a character too long.
            for bytes in ["%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80", "%c0%80", "%f4%90%80%80"] {
                let rest: Vec<_> = fields.iter().copied().filter(|(name, _)| name != odd).collect();
                let body = format!("{}&{odd}={bytes}", encode(&rest));
                let answer = send(&mut alan, &path, body).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}={bytes} at {path}");
            }
        }
    }
    assert_eq!(all_of(&site).await, before);
    assert_eq!(alan.who().await.as_deref(), Some("alan"));
    // The input of islands is cleaned instead: every stored text is whole.
    for bytes in ["%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80"] {
        let answer = send(&mut alan, "/api/create_post", format!("body={bytes}")).await;
        assert!(answer.status == StatusCode::OK || answer.status.is_client_error(), "{bytes}: {}", answer.status);
        assert!(!answer.body.contains('\0'), "{bytes}");
    }
}

// H13.
#[sqlx::test]
async fn forms_refuse_extra_fields_for_user_or_role(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("ada", "hello").await;
    let ada = site.count("select id from users where username = 'ada'").await.to_string();
    let mut alan = site.signed_in("alan").await;
    let before = all_of(&site).await;
    for (path, fields) in FORMS {
        let path = path.replace("{id}", &post.to_string()).replace("{provider}", "github");
        for extra in ["user_id", "author_id", "id", "role", "is_admin", "email_verified", "created_at", "elevated"] {
            let fields: Vec<_> = fields.iter().copied().chain([(extra, ada.as_str())]).collect();
            let answer = send(&mut alan, &path, encode(&fields)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{extra} at {path}");
            let stranger = send(&mut site.browser(), &path, encode(&fields)).await;
            let refused = stranger.status.is_client_error() || stranger.location().starts_with("/sign-in?next=");
            assert!(refused, "{extra} at {path}: {} {}", stranger.status, stranger.location());
        }
    }
    assert_eq!(all_of(&site).await, before);
    // The input of islands may have further fields; they are ignored.
    let body = encode(&[("body", "mine"), ("author_id", &ada), ("user_id", &ada), ("id", &ada)]);
    assert_eq!(send(&mut site.browser(), "/api/create_post", body.clone()).await.status, StatusCode::UNAUTHORIZED);
    send(&mut alan, "/api/create_post", body).await;
    assert_eq!(site.count(&format!("select count(*) from posts where body = 'mine' and author_id = {ada}")).await, 0);
}
