//! Feeds: their content and their readers.

use http::StatusCode;
use roxmltree::Document;
use sqlx::PgPool;

use crate::tests::syndication::{HOSTILE, ORIGIN, Site, ask, check, child, entries, link, locations, statements, text};

#[sqlx::test]
async fn a_user_feed_is_valid_with_the_fifty_newest_posts(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for n in 0..55 {
        site.post("alan", &format!("post {n}")).await;
    }
    let last = site.post("alan", "the last").await;
    site.post("grace", "another's").await;
    site.sql(&format!(
        "insert into posts (author_id, parent_id, body) select id, {last}, 'a reply' from users where username = 'alan'"
    ))
    .await;
    let answer = site.browser().get("/@alan/feed.atom").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/atom+xml; charset=utf-8"));
    let document = Document::parse(&answer.body).unwrap();
    let feed = document.root_element();
    check(feed);
    let entries = entries(feed);
    assert_eq!(entries.len(), 50);
    assert_eq!(text(entries[0], "title"), "the last");
    assert_eq!(text(entries[0], "id"), format!("{ORIGIN}/posts/{last}"));
    assert_eq!(text(entries[49], "title"), "post 6");
    assert_eq!(link(feed, "self"), format!("{ORIGIN}/@alan/feed.atom"));
    assert_eq!(link(feed, "alternate"), format!("{ORIGIN}/@alan"));
    assert_eq!(site.browser().get("/@ALAN/feed.atom").await.body, answer.body);
    assert!(!answer.body.contains("alan@kith.example"));
    let empty = site.browser().get("/@edsger/feed.atom").await.body;
    check(Document::parse(&empty).unwrap().root_element());
}

#[sqlx::test]
async fn a_tag_feed_holds_tagged_posts_with_absolute_links(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    for body in ["Hello @ada, about #Rust", "**bold** and #rust, https://example.org/x", "nothing of it", "#日本"] {
        assert_eq!(alan.post("/posts", &[("body", body)]).await.status, StatusCode::SEE_OTHER);
    }
    let answer = site.browser().get("/tags/RUST/feed.atom").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/atom+xml; charset=utf-8"));
    let document = Document::parse(&answer.body).unwrap();
    let feed = document.root_element();
    check(feed);
    assert_eq!((text(feed, "title"), link(feed, "self")), ("#rust", &*format!("{ORIGIN}/tags/rust/feed.atom")));
    let contents: Vec<&str> = entries(feed).iter().map(|entry| text(*entry, "content")).collect();
    assert_eq!(contents.len(), 2);
    assert!(contents[0].contains("<strong>bold</strong>") && contents[0].contains("<a href=\"https://example.org/x\""));
    assert!(contents[1].contains(&format!("<a href=\"{ORIGIN}/@ada\"")), "{}", contents[1]);
    assert!(
        contents
            .iter()
            .all(|html| html.contains(&format!("<a href=\"{ORIGIN}/tags/rust\"")) && !html.contains("href=\"/"))
    );
    let cost = statements(site.browser().get("/tags/rust/feed.atom")).await.1;
    assert_eq!(cost, 1);
    assert_eq!(site.browser().get("/tags/%E6%97%A5%E6%9C%AC/feed.atom").await.status, StatusCode::OK);
    for nothing in ["/tags/unused/feed.atom", "/tags/%23/feed.atom", "/tags/a%20b/feed.atom", "/tags/%00/feed.atom"] {
        assert_eq!(site.browser().get(nothing).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    let id = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::suspend(&site.server, id, "a test", None).await.unwrap();
    assert_eq!(site.browser().get("/tags/rust/feed.atom").await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn edits_appear_in_feeds_and_the_sitemap(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "first thoughts").await;
    let gone = site.post("alan", "gone").await;
    let later = "2101-02-03T04:05:06Z";
    site.sql(&format!("update posts set body = 'second thoughts', edited_at = '{later}' where id = {post}")).await;
    site.sql(&format!(
        "update posts set deleted_at = now(), author_id = null, body = '', html = null where id = {gone}"
    ))
    .await;
    let body = site.browser().get("/@alan/feed.atom").await.body;
    let document = Document::parse(&body).unwrap();
    let feed = document.root_element();
    check(feed);
    assert_eq!((entries(feed).len(), text(feed, "updated"), text(entries(feed)[0], "updated")), (1, later, later));
    assert_eq!(text(entries(feed)[0], "content"), "<p>second thoughts</p>");
    let part = site.browser().get("/sitemap.xml?posts=1").await.body;
    assert_eq!(locations(&part), [format!("{ORIGIN}/posts/{post}")]);
    assert!(part.contains(later), "{part}");
}

#[sqlx::test]
async fn feeds_and_sitemaps_are_cacheable_and_independent_of_the_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "hello").await;
    let (mut stranger, mut member) = (site.browser(), site.signed_in("alan").await);
    for path in ["/@alan/feed.atom", "/sitemap.xml", "/sitemap.xml?people=1", "/sitemap.xml?posts=1", "/robots.txt"] {
        let first = stranger.get(path).await;
        let (second, cost) = statements(member.get(path)).await;
        assert_eq!((first.status, &first.body), (StatusCode::OK, &second.body), "{path}");
        assert!(
            cost <= if path.starts_with("/@") { 2 } else { 1 },
            "{path}: {cost} statements, and none about a session"
        );
        for answer in [&first, &second] {
            assert!(answer.header("cache-control").starts_with("public, max-age="), "{path}");
            assert!(answer.headers.get_all("vary").iter().all(|vary| vary != "cookie"), "{path}");
            assert!(answer.set_cookies().is_empty(), "{path}");
        }
        let tag = first.header("etag").to_owned();
        let again = ask(&mut member, path, &tag).await;
        assert_eq!(
            (again.status, again.body.as_str(), again.header("etag")),
            (StatusCode::NOT_MODIFIED, "", &*tag),
            "{path}"
        );
        assert!(again.header("cache-control").starts_with("public"), "{path}");
    }
    let tag = stranger.get("/@alan/feed.atom").await.header("etag").to_owned();
    site.post("alan", "news").await;
    assert_eq!(ask(&mut stranger, "/@alan/feed.atom", &tag).await.status, StatusCode::OK);
}

#[sqlx::test]
async fn former_usernames_redirect_feeds_and_suspended_users_have_none(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "hello").await;
    site.sql("insert into former_usernames (username, user_id) select 'turing', id from users where username = 'alan'")
        .await;
    let moved = site.browser().get("/@Turing/feed.atom").await;
    assert_eq!((moved.status, moved.location()), (StatusCode::TEMPORARY_REDIRECT, "/@alan/feed.atom"));
    site.sql("update former_usernames set reserved_until = now()").await;
    for nobody in ["/@turing/feed.atom", "/@nobody_here/feed.atom", "/alan/feed.atom", "/@al%00an/feed.atom"] {
        assert_eq!(site.browser().get(nobody).await.status, StatusCode::NOT_FOUND, "{nobody}");
    }
    let alan = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::suspend(&site.server, alan, "a test", None).await.unwrap();
    assert_eq!(site.browser().get("/@alan/feed.atom").await.status, StatusCode::NOT_FOUND);
    let page = site.browser().get("/@alan").await.body;
    assert!(!page.contains("feed.atom") && page.contains("content=\"noindex\""), "{page}");
}

#[sqlx::test]
async fn user_text_is_escaped_in_feeds_and_link_previews(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for typed in HOSTILE {
        sqlx::query("update users set display_name = left($1, 50), bio = $1 where username = 'alan'")
            .bind(typed)
            .execute(&pool)
            .await
            .unwrap();
        let post = site.post("alan", typed).await;
        let answer = site.browser().get("/@alan/feed.atom").await;
        let document = Document::parse(&answer.body).unwrap_or_else(|error| panic!("{typed:?}: {error}"));
        let feed = document.root_element();
        check(feed);
        assert!(!text(child(feed, "author"), "name").contains(['\u{1}', '\u{b}', '\u{1f}', '\u{fffe}', '\u{ffff}']));
        let entry = entries(feed)[0];
        let html = text(entry, "content").to_lowercase();
        for element in ["<script", "<img", "<svg", "<!", "onerror=\"", "onmouseover=\""] {
            assert!(!html.contains(element), "{element} of {typed:?} in {html}");
        }
        for page in ["/@alan".to_owned(), format!("/posts/{post}")] {
            let body = site.browser().get(&page).await.body.to_lowercase();
            let head = body.split_once("</head>").unwrap().0;
            assert!(
                !head.contains("<script>") && !head.contains("<img") && !head.contains("<!entity"),
                "{typed:?} at {page}"
            );
            assert_eq!(head.matches("</title>").count(), 1, "{typed:?} at {page}");
        }
    }
}
