//! The rules that hold on every route.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use sqlx::PgPool;

use crate::tests::{PASSWORD, Site};

#[sqlx::test]
async fn every_response_has_the_security_headers(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.signed_in("alan").await;
    for path in [
        "/",
        "/nothing-here",
        "/settings/devices",
        "/following",
        "/avatars/ada-1.svg",
        "/avatars/x",
        "/assets/none.js",
        "/healthz",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(answer.header("strict-transport-security").contains("includeSubDomains"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(answer.header("access-control-allow-origin").is_empty(), "{path}");
        if answer.header("content-type").starts_with("text/html") {
            let csp = answer.header("content-security-policy");
            for rule in [
                "default-src 'none'",
                "script-src 'self' 'wasm-unsafe-eval'",
                "object-src",
                "base-uri 'none'",
                "report-uri /csp-report",
            ] {
                assert!(rule == "object-src" || csp.contains(rule), "{path}: {rule}");
            }
            assert!(!csp.contains("unsafe-inline") && !csp.contains("'unsafe-eval'"));
            assert!(
                !answer.body.contains("<script>")
                    && !answer.body.contains(" style=\"")
                    && !answer.body.contains(" onclick"),
                "{path}"
            );
            assert!(answer.header("cache-control") == "no-store", "{path} was made for a session");
        }
    }
}

// M23.
#[sqlx::test]
async fn caches_store_only_responses_shared_by_all_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    assert_eq!(site.browser().get("/").await.header("cache-control"), "private, no-cache");
    assert_eq!(site.browser().try_sign_in("alan", PASSWORD).await.header("cache-control"), "no-store");
    let mut member = site.signed_in("alan").await;
    for path in ["/", "/@alan", "/settings/devices", "/nothing"] {
        assert_eq!(member.get(path).await.header("cache-control"), "no-store", "{path}");
    }
    assert!(member.get("/avatars/ada-1.svg").await.header("cache-control").contains("immutable"));
    for deceiving in ["/settings/devices/x.css", "/settings%2fdevices.js", "/settings/devices.css"] {
        assert_eq!(member.get(deceiving).await.status, StatusCode::NOT_FOUND, "{deceiving}");
    }
}

#[sqlx::test]
async fn public_resources_have_visitor_independent_cache_headers(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "hello #rust").await;
    site.signed_in("alan").await.post("/posts", &[("body", "hello #rust")]).await;
    let picture = site.picture("grace", 1).await;
    let (mut stranger, mut member) = (site.browser(), site.signed_in("alan").await);
    let home = stranger.get("/").await;
    assert!(home.headers.get_all("vary").iter().any(|vary| vary == "cookie"), "a page is made for who asks");
    let file = home.body.split('"').find(|part| part.starts_with("/assets/") && part.ends_with(".css"));
    let file = file.expect("a style sheet").to_owned();
    for path in [
        "/avatars/ada-1.svg",
        &format!("/avatars/{picture}.96"),
        "/avatars/ada-1.png",
        &file,
        "/favicon.ico",
        "/robots.txt",
        "/sitemap.xml",
        "/@alan/feed.atom",
        "/tags/rust/feed.atom",
    ] {
        let (first, second) = (stranger.get(path).await, member.get(path).await);
        for answer in [&first, &second] {
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            let keep = answer.header("cache-control");
            assert!(keep.starts_with("public, max-age="), "{path}: {keep}");
            assert_eq!(keep, first.header("cache-control"), "{path}");
            assert!(answer.headers.get_all("vary").iter().all(|vary| vary != "cookie"), "{path}");
        }
        let tag = first.header("etag").to_owned();
        if tag.is_empty() {
            assert!(!path.starts_with("/avatars/") && !path.ends_with(".atom"), "{path} can be asked about");
            continue;
        }
        for browser in [&mut stranger, &mut member] {
            let again = Request::get(path).header("if-none-match", &tag).body(Body::empty()).unwrap();
            let again = browser.send(again).await;
            assert_eq!((again.status, again.header("etag")), (StatusCode::NOT_MODIFIED, &*tag), "{path}");
            assert_eq!(again.header("cache-control"), first.header("cache-control"), "{path}");
            assert!(again.headers.get_all("vary").iter().all(|vary| vary != "cookie"), "{path}");
        }
    }
}

#[sqlx::test]
async fn redirects_other_local_host_names_in_development(pool: PgPool) {
    let site = Site::with(&pool, &[("KITH_ORIGIN", "http://127.0.0.1:3000")]);
    let request = Request::get("/@ada?x=1").header("host", "localhost:3000").body(Body::empty()).unwrap();
    let answer = site.browser().send(request).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::TEMPORARY_REDIRECT, "http://127.0.0.1:3000/@ada?x=1"));
}

// H51.
#[sqlx::test]
async fn oversized_bodies_are_refused_quickly(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    for (path, size) in [
        ("/sign-in", 9_000),
        ("/sign-up", 9_000),
        ("/theme", 70_000),
        ("/posts", 300_000),
        ("/api/create_post", 300_000),
        ("/csp-report", 20_000),
        ("/sign-in", 3_000_000),
    ] {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("x".repeat(size)))
            .unwrap();
        let begun = std::time::Instant::now();
        let answer = alan.send(request).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert!(begun.elapsed().as_millis() < 500, "{path}");
    }
    let endless = Body::from_stream(endless());
    let request = Request::post("/posts")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(endless)
        .unwrap();
    assert_eq!(alan.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let long = "x".repeat(2_000);
    let fields = [("identifier", "alan"), ("password", long.as_str())];
    let begun = std::time::Instant::now();
    assert_eq!(site.browser().post("/sign-in", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(begun.elapsed().as_millis() < 500);
}

/// A body that never ends.
pub fn endless() -> impl futures_core::Stream<Item = Result<Vec<u8>, std::io::Error>> + Send + 'static {
    struct Endless;
    impl futures_core::Stream for Endless {
        type Item = Result<Vec<u8>, std::io::Error>;
        fn poll_next(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(Some(Ok(vec![b'a'; 4_096])))
        }
    }
    Endless
}

// M06.
#[sqlx::test]
async fn server_functions_answer_with_error_codes_and_never_redirect(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let registered: Vec<String> = server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    assert!(registered.len() >= 3, "{registered:?}");
    for (path, method) in server_fn::axum::server_fn_paths() {
        assert_eq!(method, Method::POST, "{path}: a function that answers GET can be called by any link");
        let request = |kind: &'static str, body: String| {
            Request::post(path)
                .header("sec-fetch-site", "same-origin")
                .header("accept", "text/html")
                .header("referer", "https://kith.example/sign-in")
                .header("content-type", kind)
                .body(Body::from(body))
                .unwrap()
        };
        let fields = format!("post={post}&like=true&username=alan&follow=true&body=x");
        for (kind, body) in [
            ("application/x-www-form-urlencoded", fields),
            ("text/plain", "{}".into()),
            ("application/json", "{".into()),
        ] {
            let answer = site.browser().send(request(kind, body)).await;
            assert!(answer.status.is_client_error(), "{path} {kind}: {} {}", answer.status, answer.body);
            assert!(
                answer.location().is_empty() && !answer.body.contains("ServerError") && !answer.body.contains("sqlx"),
                "{}",
                answer.body
            );
        }
        let get = site.browser().get(path).await;
        assert!(get.status.is_client_error(), "{path} {}", get.status);
    }
    assert_eq!(site.count("select count(*) from likes").await + site.count("select count(*) from follows").await, 0);
    let unknown = site.signed_in("alan").await.post("/api/nothing_like_it", &[]).await;
    assert!(unknown.status.is_client_error() && unknown.location().is_empty());
}

#[sqlx::test]
async fn server_functions_report_unreadable_input(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    for (path, _) in server_fn::axum::server_fn_paths() {
        let mut send = async |body: Body| {
            let request = Request::post(path)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body);
            alan.send(request.unwrap()).await
        };
        for broken in [&b"\xff"[..], b"body=\xff&post=1", b"body=a\xc3", b"%"] {
            let answer = send(Body::from(broken)).await;
            assert_eq!(
                (answer.status, &*answer.body),
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
                "{path} {broken:?}"
            );
        }
        // The length is not announced: it is counted on arrival.
        let answer = send(Body::from_stream(endless())).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

#[sqlx::test]
async fn accepts_csp_reports_from_anywhere_up_to_a_limit(pool: PgPool) {
    let site = Site::new(&pool);
    let mut last = StatusCode::OK;
    for n in 0..61 {
        let request = Request::post("/csp-report")
            .header("content-type", "application/csp-report")
            .body(Body::from("{\"csp-report\":{\"blocked-uri\":\"inline\"}}\n{\"level\":\"ERROR\"}\u{1b}[31m"))
            .unwrap();
        last = site.browser().send(request).await.status;
        assert!(n > 59 || last == StatusCode::NO_CONTENT);
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
