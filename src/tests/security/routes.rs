//! Every route, tried by every visitor it is not for, and with every kind of form that we never send. A route is only
//! registered through a door, so a new one cannot be forgotten here.

use app::routes::{Door, Guard};
use axum::body::Body;
use http::{Method, Request, StatusCode};
use sqlx::PgPool;

use crate::tests::{Answer, Browser, Site};

/// Returns a path with real ids in place of the route's parameters.
pub(crate) fn path(door: &Door, post: i64) -> String {
    door.path
        .replace("{device}", "00000000-0000-0000-0000-000000000000")
        .replace("{handle}", "@ada")
        .replace("{provider}", "github")
        .replace("{tag}", "rust")
        .replace("{id}", &post.to_string())
}

async fn digest(site: &Site) -> Vec<i64> {
    let mut all = Vec::new();
    for table in [
        "users",
        "sessions",
        "posts",
        "post_versions",
        "post_keys",
        "likes",
        "follows",
        "registrations",
        "jobs",
        "passwords",
        "identities",
        "authorization_requests",
        "notifications",
        "notifications where read_at is null",
        "digests",
        "users where digest_rhythm = 'off'",
    ] {
        all.push(site.count(&format!("select count(*) from {table}")).await);
    }
    all
}

async fn knock(
    browser: &mut Browser,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request.body(body.into()).unwrap()).await
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

/// Returns the one field that each of the browser's forms has: the signed-in user's id.
async fn own_form(browser: &mut Browser) -> String {
    format!("for_user={}", browser.form_user().await.unwrap_or_default())
}

#[sqlx::test]
async fn every_route_enforces_its_guard(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut suspended = site.signed_in("edsger").await;
    let edsger = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, edsger, "a test", None).await.unwrap();
    for door in site.doors.iter() {
        let path = path(door, post);
        for (who, browser) in [("a stranger", &mut site.browser()), ("a suspended person", &mut suspended)] {
            let before = digest(&site).await;
            let answer = knock(browser, door.method.clone(), &path, &[OURS, FORM], "").await;
            assert!(!answer.status.is_server_error(), "{who} at {path}: {}", answer.status);
            let sent_to_sign_in =
                answer.status == StatusCode::SEE_OTHER && answer.location().starts_with("/sign-in?next=");
            match door.guard {
                Guard::Anyone => assert!(!sent_to_sign_in, "{who} at {path}"),
                Guard::Member | Guard::Elevated => assert!(sent_to_sign_in, "{who} at {path}: {}", answer.status),
            }
            if door.path != "/sign-out" {
                assert_eq!(digest(&site).await, before, "{who} changed something at {path}");
            }
        }
    }
}

// M21.
#[sqlx::test]
async fn sensitive_routes_require_a_recent_elevation(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    site.unelevate().await;
    let mut asked = 0;
    for door in site.doors.iter() {
        let form = own_form(&mut alan).await;
        let answer = knock(&mut alan, door.method.clone(), &path(door, 1), &[OURS, FORM], form).await;
        let elevate = answer.location().starts_with("/elevate?next=");
        assert_eq!(elevate, door.guard == Guard::Elevated, "{} {}", door.path, answer.status);
        asked += usize::from(elevate);
        if door.path == "/sign-out" {
            alan = site.signed_in("alan").await;
            site.unelevate().await;
        }
    }
    assert!(asked >= 3);
}

#[sqlx::test]
async fn redirects_trailing_slashes_without_leaving_the_site(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    let before = digest(&site).await;
    let doors = site.doors.iter().filter(|door| door.path != "/").map(|door| (door.method.clone(), path(door, post)));
    let others = ["/assets/x.css", "/avatars/ada-1.svg", "/healthz", "/readyz", "/no/such/page"];
    for (method, path) in doors.chain(others.map(|path| (Method::GET, path.to_owned()))) {
        for (slashes, query) in [("/", ""), ("//", ""), ("/", "?before=7&next=%2F&x=/")] {
            let answer = knock(&mut alan, method.clone(), &format!("{path}{slashes}{query}"), &[OURS, FORM], "").await;
            assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT, "{method} {path}{slashes}{query}");
            assert_eq!(answer.location(), format!("{path}{query}"));
        }
    }
    assert_eq!(digest(&site).await, before);
    assert_eq!(alan.get("/settings").await.location(), "/settings/profile");
    for elsewhere in [
        "//evil.example/",
        "///evil.example//",
        "/\\evil.example/",
        "/%2fevil.example/",
        "/%5cevil.example/",
        "/x/..//evil/",
    ] {
        let Ok(request) = Request::get(elsewhere).body(Body::empty()) else { continue };
        let answer = site.browser().send(request).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::NOT_FOUND, ""), "{elsewhere}");
    }
}

#[sqlx::test]
async fn refuses_every_post_from_other_origins(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    let before = digest(&site).await;
    let functions = server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    // A mail provider may unsubscribe a user from anywhere, with a token and nothing else (RFC 8058).
    let ours = site.doors.iter().filter(|door| door.method == Method::POST && door.path != "/unsubscribe");
    let doors = ours.map(|door| path(door, post));
    for path in doors.chain(functions) {
        for elsewhere in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://kith.example")],
            &[("referer", "https://evil.example/")],
            &[],
        ] {
            for kind in [
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "text/plain",
                "application/json",
            ] {
                let headers: Vec<_> = elsewhere.iter().copied().chain([("content-type", kind)]).collect();
                let answer =
                    knock(&mut alan, Method::POST, &path, &headers, "like=true&follow=true&body=x&theme=dark").await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            }
        }
    }
    assert_eq!(digest(&site).await, before);
    assert_eq!(alan.who().await.as_deref(), Some("alan"));
}

#[sqlx::test]
async fn routes_refuse_unregistered_methods(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    let before = digest(&site).await;
    for door in site.doors.iter() {
        let path = path(door, post);
        let shared: Vec<Method> =
            site.doors.iter().filter(|other| other.path == door.path).map(|other| other.method.clone()).collect();
        for method in [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::TRACE,
            Method::OPTIONS,
        ] {
            let known = shared.contains(&method) || (method == Method::HEAD && shared.contains(&Method::GET));
            // Another route of the same shape may answer: a profile's instead of a post's.
            if known {
                continue;
            }
            let answer = knock(&mut alan, method.clone(), &path, &[OURS, FORM], "").await;
            assert!(matches!(answer.status.as_u16(), 404 | 405), "{method} {path}: {}", answer.status);
        }
    }
    assert_eq!(digest(&site).await, before);
}

#[sqlx::test]
async fn malformed_forms_are_refused_without_any_change(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let huge = format!("body={}", "x".repeat(100_000));
    let fields = "email=a%40b.example&username=newcomer&display_name=x&password=seven+green+umbrellas&identifier=alan&current_password=x&code=123456&body=x&like=true&follow=true&theme=dark&next=%2F";
    for door in site.doors.iter().filter(|door| door.method == Method::POST) {
        // A new browser for each, so that limits do not answer in place of the route.
        let path = path(door, post);
        let mut alan = site.signed_in("alan").await;
        let own = own_form(&mut alan).await;
        let path = format!("{path}?{own}");
        for (what, kind, body) in [
            ("huge", FORM.1, huge.clone()),
            ("NUL", FORM.1, "body=%00&identifier=%00&password=%00&email=%00&code=%00".to_owned()),
            ("not UTF-8", FORM.1, "body=%ff&identifier=%ff".to_owned()),
            ("twice", FORM.1, "body=a&body=b&identifier=a&identifier=b&like=true&like=true&theme=a&theme=b&email=a&email=b&code=1&code=2".to_owned()),
            ("unknown fields", FORM.1, format!("{fields}&role=admin&user_id=1&is_admin=true")),
            ("JSON", "application/json", "{\"body\":\"x\"}".to_owned()),
            ("multipart", "multipart/form-data", "--x".to_owned()),
            ("nothing", "", String::new()),
        ] {
            let before = digest(&site).await;
            let body = if kind == FORM.1 { format!("{body}&{own}") } else { body };
            let headers: Vec<_> = [OURS].into_iter().chain((!kind.is_empty()).then_some(("content-type", kind))).collect();
            let answer = knock(&mut alan, Method::POST, &path, &headers, body).await;
            let takes_anything = door.path == "/sign-out";
            assert!(answer.status.is_client_error() || takes_anything, "{what} at {path}: {}", answer.status);
            assert!(takes_anything || digest(&site).await == before, "{what} at {path}");
            site.reset_limits().await;
        }
    }
}
