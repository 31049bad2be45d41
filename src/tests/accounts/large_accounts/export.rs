use std::{io::Cursor, pin::Pin, time::Duration};

use axum::body::{Body, BodyDataStream, Bytes};
use futures_core::Stream;
use http::{Request, StatusCode};
use sqlx::PgPool;
use tower::ServiceExt;

use super::site_with_large_account;
use crate::tests::{Browser, Site, support::site::as_served};

const TRIES: &str = "select coalesce(sum(count), 0)::bigint from limits where policy = 'export.user'";

async fn start(site: &Site, browser: &Browser) -> http::Response<Body> {
    let form = format!("for_user={}", browser.clone().form_user().await.unwrap());
    let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut request = Request::post("/settings/account/export")
        .header("host", "kith.example")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept-encoding", "br, gzip")
        .header("cookie", cookies.join("; "))
        .body(Body::from(form))
        .unwrap();
    request.extensions_mut().insert(server::http::Peer(browser.peer));
    site.router.clone().oneshot(request).await.unwrap()
}

/// Returns the next piece of the body, or `None` at its end.
async fn next(body: &mut BodyDataStream) -> Option<Result<Bytes, axum::Error>> {
    std::future::poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)).await
}

/// The large account, with words that do not compress well: about 2 MB of ZIP.
async fn site_with_many_words(pool: &PgPool) -> Site {
    let site = site_with_large_account(pool).await;
    site.sql(
        "set session_replication_role = replica;
         update posts set body = (select string_agg(md5(id::text || n), '') from generate_series(1, 30) n) where author_id = 3;
         set session_replication_role = default",
    )
    .await;
    site
}

#[sqlx::test]
async fn slow_reader_of_large_export_holds_no_connection(pool: PgPool) {
    drop(site_with_many_words(&pool).await);
    // Pauses inside a transaction must be short.
    let options = (*pool.connect_options()).clone().options([("idle_in_transaction_session_timeout", "300ms")]);
    let served = sqlx::postgres::PgPoolOptions::new().max_connections(5).connect_lazy_with(options);
    let site = Site::new(&served);
    let alan = site.signed_in("alan").await;
    let response = start(&site, &alan).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/zip");
    assert!(!response.headers().contains_key("content-encoding"), "it is compressed already");
    let mut body = response.into_body().into_data_stream();
    let mut bytes = Vec::new();
    let mut pieces = 0;
    while let Some(piece) = next(&mut body).await {
        let piece = piece.expect("the whole file");
        assert!(piece.len() <= 192 * 1024, "a piece of {} bytes", piece.len());
        bytes.extend_from_slice(&piece);
        pieces += 1;
        if pieces < 4 {
            // The client pauses, and so does every connection.
            tokio::time::sleep(Duration::from_millis(700)).await;
            assert_eq!(served.num_idle(), served.size() as usize);
        }
    }
    assert!(pieces > 10, "{pieces}");
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for (file, rows) in [
        ("posts.json", 3_000),
        ("likes.json", 3_000),
        ("following.json", 2_000),
        ("followers.json", 2_000),
        ("unlikes.json", 100),
    ] {
        let list: serde_json::Value = serde_json::from_reader(zip.by_name(file).unwrap()).unwrap();
        assert_eq!(list.as_array().unwrap().len(), rows, "{file}");
    }
    let posts: serde_json::Value = serde_json::from_reader(zip.by_name("posts.json").unwrap()).unwrap();
    let edited = posts.as_array().unwrap().iter().find(|post| post["id"] == 20_001).unwrap();
    assert_eq!(edited["versions"].as_array().unwrap().len(), 500);
    assert_eq!(edited["versions"][499]["body"], "version 500");
}

#[sqlx::test]
async fn a_failed_export_does_not_count_toward_the_limit(pool: PgPool) {
    let site = site_with_many_words(&pool).await;
    let alan = site.signed_in("alan").await;
    // Before the first byte: an error page.
    site.sql("alter table audit_events rename to away").await;
    assert_eq!(start(&site, &alan).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.count(TRIES).await, 0);
    site.sql("alter table away rename to audit_events").await;
    // In the middle: the download breaks off.
    for (broken, mended) in [
        ("alter table unlikes rename to away", "alter table away rename to unlikes"),
        ("update sessions set expires_at = now()", "select 1"),
    ] {
        let mut body = start(&site, &alan).await.into_body().into_data_stream();
        assert_eq!(site.count(TRIES).await, 1);
        next(&mut body).await.unwrap().unwrap();
        site.sql(broken).await;
        let mut last = None;
        while let Some(piece) = next(&mut body).await {
            last = Some(piece);
        }
        assert!(last.unwrap().is_err(), "{broken}");
        site.sql(mended).await;
        assert_eq!(site.count(TRIES).await, 0, "{broken}");
    }
}

#[sqlx::test]
async fn an_aborted_export_counts_and_does_not_block_the_next(pool: PgPool) {
    let site = Site::new(&as_served(&pool, 4));
    drop(site_with_many_words(&pool).await);
    let alan = site.signed_in("alan").await;
    let mut body = start(&site, &alan).await.into_body().into_data_stream();
    next(&mut body).await.unwrap().unwrap();
    drop(body);
    assert_eq!(site.count(TRIES).await, 1, "or it could be asked for without end");
    let whole = start(&site, &alan).await;
    assert_eq!(whole.status(), StatusCode::OK);
}
