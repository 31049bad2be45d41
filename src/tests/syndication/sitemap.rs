//! The sitemap and robots.txt.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::syndication::{ORIGIN, Site, locations};

#[sqlx::test]
async fn the_sitemap_lists_pages_in_parts_without_suspended_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    assert_eq!(locations(&site.browser().get("/sitemap.xml").await.body), [format!("{ORIGIN}/sitemap.xml?people=1")]);
    let (hidden, first) = (site.post("edsger", "unseen").await, site.post("alan", "first").await);
    site.sql("alter table posts alter column id restart with 20001").await;
    let second = site.post("alan", "far on").await;
    let edsger = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, edsger, "a test", None).await.unwrap();
    let mut crawler = site.browser();
    let parts = locations(&crawler.get("/sitemap.xml").await.body);
    assert_eq!(parts, ["people=1", "posts=3", "posts=1"].map(|part| format!("{ORIGIN}/sitemap.xml?{part}")));
    let people = locations(&crawler.get("/sitemap.xml?people=1").await.body);
    assert_eq!(people, ["ada", "grace", "alan", "barbara"].map(|name| format!("{ORIGIN}/@{name}")));
    assert_eq!(locations(&crawler.get("/sitemap.xml?posts=1").await.body), [format!("{ORIGIN}/posts/{first}")]);
    assert_eq!(locations(&crawler.get("/sitemap.xml?posts=3").await.body), [format!("{ORIGIN}/posts/{second}")]);
    assert_ne!(hidden, first);
    for none in [
        "posts=2",
        "posts=0",
        "posts=-1",
        "posts=x",
        "posts=9223372036854775807",
        "people=2",
        "people=1&posts=1",
        "posts=",
    ] {
        assert_eq!(crawler.get(&format!("/sitemap.xml?{none}")).await.status, StatusCode::NOT_FOUND, "{none}");
    }
}

#[sqlx::test]
async fn the_sitemap_lists_only_parts_that_have_entries(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("edsger", "unseen").await;
    site.sql("alter table posts alter column id restart with 1000000000001").await;
    let gone = site.post("alan", "gone").await;
    site.reply("ada", gone, "an answer").await;
    site.sql("alter table users alter column id restart with 500001").await;
    site.sql("insert into users (username, email) values ('rude', 'rude@x.example')").await;
    site.signed_in("alan").await.post(&format!("/posts/{gone}/delete"), &[]).await;
    for name in ["edsger", "rude"] {
        let id = server::accounts::find(&site.server, name).await.unwrap();
        server::accounts::suspend(&site.server, id, "a test", None).await.unwrap();
    }
    let mut crawler = site.browser();
    let parts = locations(&crawler.get("/sitemap.xml").await.body);
    assert_eq!(parts, ["people=1", "posts=100000001"].map(|part| format!("{ORIGIN}/sitemap.xml?{part}")));
    for part in parts {
        assert_eq!(crawler.get(part.strip_prefix(ORIGIN).unwrap()).await.status, StatusCode::OK, "{part}");
    }
}

#[sqlx::test]
async fn robots_txt_lists_disallowed_paths_and_the_sitemap(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let answer = site.browser().get("/robots.txt").await;
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert!(answer.body.ends_with(&format!("\nSitemap: {ORIGIN}/sitemap.xml\n")), "{}", answer.body);
    let closed: Vec<&str> = answer.body.lines().filter_map(|line| line.strip_prefix("Disallow: ")).collect();
    let closed = |path: &str| closed.iter().any(|prefix| path.starts_with(prefix));
    for path in
        ["/settings/account", "/sign-in", "/sign-up/verify", "/search?q=x", "/api/like", "/elevate", "/auth/github"]
    {
        assert!(closed(path), "{path}");
    }
    for path in [
        "/",
        "/@settings_",
        "/@alan",
        "/@alan/feed.atom",
        "/posts/1",
        "/tags/rust",
        "/sitemap.xml",
        "/avatars/ada-1.png",
        "/assets/x",
    ] {
        assert!(!closed(path), "{path}");
    }
}
