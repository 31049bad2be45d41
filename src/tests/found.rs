//! Being found and shared: feeds, cards, the sitemap and what is nobody's to look at.

use http::{Request, StatusCode};
use roxmltree::{Document, Node};
use sqlx::PgPool;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Answer, Browser, Site, queries::statements};

const ATOM: &str = "http://www.w3.org/2005/Atom";
const ORIGIN: &str = "https://kith.example";

/// What leaves the place it is put in when something is not escaped, and what no XML can hold.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "]]><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "&lt;script&gt;&#x3c;&quot;",
    "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>&y;",
    "<a href=\"/evil\">x</a>",
    "a\u{1}\u{b}\u{1f}b\u{fffe}\u{ffff}c",
];

fn child<'a>(node: Node<'a, 'a>, name: &str) -> Node<'a, 'a> {
    node.children().find(|child| child.has_tag_name((ATOM, name))).unwrap_or_else(|| panic!("no {name}"))
}

fn text<'a>(node: Node<'a, 'a>, name: &str) -> &'a str {
    child(node, name).text().unwrap_or_default()
}

fn link<'a>(node: Node<'a, 'a>, rel: &str) -> &'a str {
    let link = node.children().find(|child| child.has_tag_name((ATOM, "link")) && child.attribute("rel") == Some(rel));
    link.and_then(|link| link.attribute("href")).unwrap_or_default()
}

fn entries<'a>(feed: Node<'a, 'a>) -> Vec<Node<'a, 'a>> {
    feed.children().filter(|child| child.has_tag_name((ATOM, "entry"))).collect()
}

fn moment(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap_or_else(|_| panic!("{text} is no time"))
}

/// What RFC 4287 asks of every feed, as far as a program can tell.
fn check(feed: Node<'_, '_>) {
    assert!(feed.has_tag_name((ATOM, "feed")));
    assert!(
        !text(feed, "title").is_empty()
            && ["tag:kith.example,", ORIGIN].iter().any(|id| text(feed, "id").starts_with(id))
    );
    for rel in ["self", "alternate"] {
        assert!(link(feed, rel).starts_with(ORIGIN), "{rel}");
    }
    let newest = moment(text(feed, "updated"));
    let mut ids = Vec::new();
    for entry in entries(feed) {
        ids.push(text(entry, "id"));
        assert!(
            text(entry, "id").starts_with(&format!("{ORIGIN}/posts/")) && link(entry, "alternate") == text(entry, "id")
        );
        assert!(!text(entry, "title").is_empty() && !text(entry, "title").contains('\n'));
        assert!(moment(text(entry, "published")) <= moment(text(entry, "updated")));
        assert!(moment(text(entry, "updated")) <= newest);
        let content = child(entry, "content");
        assert_eq!(content.attribute("type"), Some("html"));
        assert!(content.children().all(|child| child.is_text()), "HTML travels as text");
        let author = if entry.children().any(|child| child.has_tag_name((ATOM, "author"))) { entry } else { feed };
        assert!(!text(child(author, "author"), "name").is_empty());
        assert!(text(child(author, "author"), "uri").starts_with(&format!("{ORIGIN}/@")));
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id twice");
}

async fn ask(browser: &mut Browser, path: &str, tag: &str) -> Answer {
    let request = Request::get(path).header("if-none-match", tag);
    browser.send(request.body(axum::body::Body::empty()).unwrap()).await
}

#[sqlx::test]
async fn a_person_s_feed_is_valid_and_holds_their_fifty_newest_posts(pool: PgPool) {
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
async fn a_tag_s_feed_holds_what_is_said_with_it_and_its_links_lead_here_from_anywhere(pool: PgPool) {
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
async fn an_edit_is_seen_in_a_feed_and_in_the_sitemap(pool: PgPool) {
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
async fn a_feed_is_the_same_for_everybody_and_sent_only_when_it_is_new(pool: PgPool) {
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
async fn an_old_name_s_feed_leads_on_and_who_is_out_has_none(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "hello").await;
    site.sql("insert into former_usernames (username, user_id) select 'turing', id from users where username = 'alan'")
        .await;
    let moved = site.browser().get("/@Turing/feed.atom").await;
    assert_eq!((moved.status, moved.location()), (StatusCode::TEMPORARY_REDIRECT, "/@alan/feed.atom"));
    site.sql("update former_usernames set released_at = now()").await;
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
async fn whatever_people_type_is_text_in_a_feed_and_in_a_card(pool: PgPool) {
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

/// The content of a `meta`, by its property or name.
fn meta<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let tag = body.split("<meta ").skip(1).find(|tag| {
        let tag = tag.split_once('>').map_or("", |(tag, _)| tag);
        [format!("property=\"{name}\""), format!("name=\"{name}\"")].iter().any(|wanted| tag.contains(wanted))
    })?;
    tag.split_once("content=\"")?.1.split('"').next()
}

fn canonical(body: &str) -> Option<&str> {
    body.split_once("<link rel=\"canonical\" href=\"")?.1.split('"').next()
}

#[sqlx::test]
async fn a_link_to_a_page_shows_what_it_is_about(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "Can machines think?\nI wonder.").await;
    let mut stranger = site.browser();
    for (path, kind, title, picture) in [
        ("/".to_owned(), "website", "Kith", "/icon-512.png"),
        ("/@alan".to_owned(), "profile", "Alan (@alan)", "/avatars/alan-1.png"),
        (format!("/posts/{post}"), "article", "Alan: Can machines think? I wonder.", "/avatars/alan-1.png"),
    ] {
        let body = stranger.get(&path).await.body;
        assert_eq!(canonical(&body), Some(&*format!("{ORIGIN}{path}")));
        for (name, content) in [
            ("og:url", format!("{ORIGIN}{path}")),
            ("og:type", kind.to_owned()),
            ("og:title", title.to_owned()),
            ("og:site_name", "Kith".to_owned()),
            ("og:image", format!("{ORIGIN}{picture}")),
            ("og:image:width", "512".to_owned()),
            ("og:image:height", "512".to_owned()),
            ("twitter:card", "summary".to_owned()),
        ] {
            assert_eq!(meta(&body, name), Some(&*content), "{name} of {path}");
        }
        assert_eq!(meta(&body, "og:description"), meta(&body, "description"), "{path}");
        assert!(meta(&body, "og:image:alt").is_some_and(|alt| !alt.is_empty()), "{path}");
        let shown = stranger.get(picture).await;
        assert_eq!((shown.status, shown.header("content-type")), (StatusCode::OK, "image/png"), "{path}");
    }
    let body = stranger.get(&format!("/posts/{post}")).await.body;
    moment(meta(&body, "article:published_time").unwrap());
    assert!(meta(&body, "description").unwrap().starts_with("Can machines think?"));
    let id = site.picture("alan", 1).await;
    let body = stranger.get("/@alan").await.body;
    assert_eq!(meta(&body, "og:image"), Some(&*format!("{ORIGIN}/avatars/{id}.400")));
    assert_eq!(meta(&body, "og:image:width"), None, "it may be smaller");
    assert!(body.contains("<link rel=\"alternate\" type=\"application/atom+xml\" href=\"/@alan/feed.atom\">"));
}

#[sqlx::test]
async fn what_is_private_or_passes_is_for_no_search_engine(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    for path in [
        "/following",
        "/posts/new",
        "/settings/account",
        "/settings/devices",
        "/sign-in",
        "/sign-up",
        "/forgot-password",
        "/?before=1000",
        "/@alan?before=1000",
        &format!("/posts/{post}?after=1000"),
        "/nothing-here",
    ] {
        let body = alan.get(path).await.body;
        assert_eq!((meta(&body, "robots"), canonical(&body)), (Some("noindex"), None), "{path}");
        assert_eq!(meta(&body, "og:url"), None, "{path}");
    }
    for path in ["/", "/@alan", &format!("/posts/{post}")] {
        let body = alan.get(path).await.body;
        assert_eq!(meta(&body, "robots"), None, "{path}");
    }
}

#[sqlx::test]
async fn faces_are_painted_for_people_there_are_and_nobody_else(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut stranger = site.browser();
    let (face, cost) = statements(stranger.get("/avatars/ada-1.png")).await;
    assert_eq!((face.status, face.header("content-type"), cost), (StatusCode::OK, "image/png", 1));
    assert_eq!(face.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(face.header("content-security-policy").contains("sandbox"));
    let again = ask(&mut stranger, "/avatars/ada-1.png", face.header("etag")).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let edsger = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, edsger, "a test", None).await.unwrap();
    for nobody in ["nobody_here-1.png", "edsger-1.png", "ada-2.png", "Ada-1.png", "ada-1.png.png"] {
        let answer = stranger.get(&format!("/avatars/{nobody}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nobody}");
        assert!(!answer.header("cache-control").contains("immutable"), "{nobody}");
    }
}

/// Every address in a sitemap or in the list of its parts.
fn locations(body: &str) -> Vec<String> {
    let document = Document::parse(body).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().namespace(), Some("http://www.sitemaps.org/schemas/sitemap/0.9"));
    assert!(matches!(root.tag_name().name(), "urlset" | "sitemapindex"));
    for since in document.descendants().filter(|node| node.tag_name().name() == "lastmod") {
        moment(since.text().unwrap());
    }
    let found = document.descendants().filter(|node| node.tag_name().name() == "loc");
    found.map(|node| node.text().unwrap().to_owned()).collect()
}

#[sqlx::test]
async fn the_sitemap_lists_everybody_s_pages_in_parts_and_leaves_out_who_is_out(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    assert_eq!(locations(&site.browser().get("/sitemap.xml").await.body), [format!("{ORIGIN}/sitemap.xml?people=1")]);
    let (hidden, first) = (site.post("edsger", "unseen").await, site.post("alan", "first").await);
    site.sql("alter table posts alter column id restart with 20001").await;
    let second = site.post("alan", "far on").await;
    let edsger = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, edsger, "a test", None).await.unwrap();
    let mut crawler = site.browser();
    let parts = locations(&crawler.get("/sitemap.xml").await.body);
    assert_eq!(parts, ["people=1", "posts=3", "posts=2", "posts=1"].map(|part| format!("{ORIGIN}/sitemap.xml?{part}")));
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
async fn robots_are_told_what_to_leave_and_where_the_list_is(pool: PgPool) {
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
