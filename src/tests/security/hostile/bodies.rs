//! Large bodies.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Answer, Browser, Site, serve};
use crate::tests::security::hardening;

/// A form with a text of this many bytes, as a browser sends it: with its length.
fn long(path: &str, bytes: usize) -> Request<Body> {
    form(path, format!("body={}", "x".repeat(bytes - 5)))
}

/// Sends the same from a page for the browser's user.
async fn long_of(browser: &mut Browser, bytes: usize) -> Answer {
    let user = browser.form_user().await.unwrap();
    browser.send(form("/posts", format!("body={}&for_user={user}", "x".repeat(bytes)))).await
}

fn form(path: &str, body: String) -> Request<Body> {
    Request::post(path)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-length", body.len())
        .body(Body::from(body))
        .unwrap()
}

fn returned(answer: &Answer) -> bool {
    answer.body.contains("xxxxxxxxxxxxxxxxxxxx")
}

#[sqlx::test]
async fn reads_large_bodies_only_from_current_or_recent_sessions(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for path in ["/posts", "/posts/1/replies", "/posts/1/edit", "/settings/profile", "/api/create_post"] {
        let answer = site.browser().send(long(path, 9_000)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(!returned(&answer), "{path}");
    }
    let mut made_up = site.browser();
    made_up.cookies.insert("__Host-id".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    assert!(!returned(&made_up.send(long("/posts", 9_000)).await));
    assert!(returned(&site.browser().send(long("/posts", 8_000)).await), "a short text is given back to anybody");
    let mut alan = site.signed_in("alan").await;
    assert_eq!(long_of(&mut alan, 200_000).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for ended in [
        "delete from sessions",
        "update sessions set expires_at = now() - interval '1 minute'",
        "update users set suspended_at = now() where username = 'alan'; delete from sessions",
    ] {
        let mut alan = site.signed_in("alan").await;
        site.sql(ended).await;
        let answer = alan.send(long("/posts", 200_000)).await;
        assert!(answer.status == StatusCode::UNAUTHORIZED && returned(&answer), "{ended}: {}", answer.status);
        assert_eq!(alan.who().await, None, "{ended}: it opens nothing");
        if ended.starts_with("delete") {
            site.sql("update ended_sessions set ended_at = now() - interval '61 minutes'").await;
            assert!(!returned(&alan.send(long("/posts", 200_000)).await), "only within the hour");
            server::worker::sweep::everything(&site.server).await.unwrap();
            assert_eq!(site.count("select count(*) from ended_sessions").await, 0);
        }
        site.sql("update users set suspended_at = null; delete from sessions").await;
    }
    // A session that the sweeper removed long after its end is not one of the last hour.
    site.signed_in("alan").await;
    site.sql(
        "delete from ended_sessions; update sessions set expires_at = now() - interval '2 hours'; delete from sessions",
    )
    .await;
    assert_eq!(site.count("select count(*) from ended_sessions").await, 0);
}

#[sqlx::test]
async fn the_upload_route_refuses_other_content_types(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let user = alan.form_user().await.unwrap();
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/mixed; boundary=x", ""] {
        for (browser, status) in [(&mut site.browser(), StatusCode::SEE_OTHER), (&mut alan, StatusCode::BAD_REQUEST)] {
            let body = Body::from_stream(hardening::endless());
            let request = Request::post(format!("/settings/profile/picture?for_user={user}"))
                .header("sec-fetch-site", "same-origin")
                .header("content-type", kind)
                .body(body)
                .unwrap();
            assert_eq!(browser.send(request).await.status, status, "{kind}");
        }
    }
}

#[sqlx::test]
async fn hundreds_of_large_bodies_at_once_take_little_memory(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (address, _stop, _serving) = serve::start(&site).await;
    let before = resident();
    let head = "POST /posts HTTP/1.1\r\nHost: kith.example\r\nSec-Fetch-Site: same-origin\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 250000\r\n\r\nbody=";
    let open: Vec<_> = (0..300)
        .map(|_| {
            tokio::spawn(async move {
                let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
                stream.write_all(head.as_bytes()).await.unwrap();
                // The server closes it in the middle if it refuses too many at a time.
                let _ = stream.write_all(&TEXT).await;
                stream
            })
        })
        .collect();
    let mut streams = Vec::new();
    for task in open {
        streams.push(task.await.unwrap());
    }
    let more = resident().saturating_sub(before) / 1_024;
    eprintln!("{more} KB more for 300 connections that send 60,000 KB");
    assert!(more < 40_000, "{more} KB more for 300 connections that send 60,000 KB");
    // A member is served at the same time.
    let mut alan = site.signed_in("alan").await;
    assert_eq!(long_of(&mut alan, 20_000).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answers = streams.into_iter().map(|mut stream| {
        tokio::spawn(async move {
            let mut answer = [0; 12];
            let read = tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut answer)).await;
            matches!(read, Ok(Ok(_))) && &answer == b"HTTP/1.1 401"
        })
    });
    let mut refused = 0;
    for task in answers.collect::<Vec<_>>() {
        refused += i32::from(task.await.unwrap());
    }
    assert!(refused >= 32, "{refused} were told why");
}

/// A text that is sent except for its end.
static TEXT: [u8; 200_000] = [b'x'; 200_000];

/// Returns the memory of this process, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}
