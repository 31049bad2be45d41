//! Syndication and SEO: feeds, link previews, the sitemap and the paths to skip.

mod cards;
mod feeds;
mod sitemap;

use http::Request;
use roxmltree::{Document, Node};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::tests::{Answer, Browser, Site, page::queries::statements};

const ATOM: &str = "http://www.w3.org/2005/Atom";
const ORIGIN: &str = "https://kith.example";

/// Texts that break out of their place if they are not escaped, and characters that no XML can hold.
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

/// Asserts the rules of RFC 4287 for every feed, as far as a program can check them.
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

/// Returns the content of a `meta`, by its property or name.
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

/// Returns every address in a sitemap or in the list of its parts.
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
