//! The pieces as HTML.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::Builder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pulldown_cmark::{Event, html::push_html};
use pulldown_cmark_escape::{escape_href, escape_html};

use super::{Link, Piece, Word, words};

/// What somebody else's link is called to search engines, and what its page is told of ours.
const REL: &str = "nofollow ugc noopener";
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_');

/// The few elements there are. What is made below passes unchanged; this is for the day it has a fault.
static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(["a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "small", "strong", "ul"]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href", "rel"])), ("ol", HashSet::from(["start"]))]))
        .url_schemes(HashSet::from(["http", "https"]))
        .link_rel(None);
    builder
});

/// Writes the document that `typed` was read as. Of the names only those that `person` knows become links, to what it
/// says they are called; of the tags only `tags`.
pub(super) fn write(
    typed: &str,
    pieces: Vec<Piece<'_>>,
    person: impl Fn(&str) -> Option<String>,
    tags: &BTreeSet<String>,
) -> String {
    let events = pieces.into_iter().map(|piece| match piece {
        Piece::Plain(event) => event,
        Piece::Word(word) => markup(word, &person, tags),
        Piece::LinkStart(link) => inline(open(&link)),
        Piece::LinkEnd(link) => inline(format!("</a> <small>({})</small>", text(&link.host))),
    });
    let mut html = String::new();
    push_html(&mut html, events);
    let html = SANITISER.clean(&html).to_string();
    match html.trim_end() {
        // Some of Markdown shows nothing, a link's definition for one; nothing typed is lost.
        "" => format!("<p>{}</p>", text(typed)),
        html => html.to_owned(),
    }
}

fn inline(html: String) -> Event<'static> {
    Event::InlineHtml(html.into())
}

fn markup(word: Word, person: impl Fn(&str) -> Option<String>, tags: &BTreeSet<String>) -> Event<'static> {
    match word {
        Word::Text(text) => Event::Text(text.into()),
        Word::Link(link) => inline(format!("{}{}</a>", open(&link), text(&link.short))),
        Word::Name(typed) => match person(&typed.to_ascii_lowercase()) {
            Some(name) => inline(format!("<a href=\"/@{name}\">@{typed}</a>")),
            None => Event::Text(format!("@{typed}").into()),
        },
        Word::Tag(typed) => match words::tag(&typed).filter(|tag| tags.contains(tag)) {
            Some(tag) => {
                let segment = utf8_percent_encode(&tag, SEGMENT);
                inline(format!("<a href=\"/tags/{segment}\">#{}</a>", text(&typed)))
            }
            None => Event::Text(format!("#{typed}").into()),
        },
    }
}

fn open(link: &Link) -> String {
    let mut href = String::new();
    // Writing to a string cannot fail.
    escape_href(&mut href, &link.href).ok();
    format!("<a href=\"{href}\" rel=\"{REL}\">")
}

fn text(plain: &str) -> String {
    let mut html = String::new();
    escape_html(&mut html, plain).ok();
    html
}
