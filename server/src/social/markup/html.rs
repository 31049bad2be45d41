//! Writes the pieces as HTML.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::Builder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pulldown_cmark_escape::{escape_href, escape_html};

use super::{
    Link, Word,
    pieces::{Element, Piece},
    tag,
};

/// The relation of users' links: keeps search engines from following them, and cuts the linked page off from ours.
const REL: &str = "nofollow ugc noopener";
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_');

/// The allowed elements. The HTML made below passes unchanged; the sanitiser protects against a bug in it.
static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(["a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "small", "strong", "ul"]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "rel"])),
            ("ol", HashSet::from(["start"])),
            ("li", HashSet::from(["value"])),
        ]))
        .url_schemes(HashSet::from(["http", "https"]))
        .link_rel(None);
    builder
});

/// Writes the document. A name becomes a link only if `username_of` knows it, to the username that it returns; a tag only if
/// it is in `tags`.
pub(super) fn write(pieces: &[Piece], username_of: impl Fn(&str) -> Option<String>, tags: &BTreeSet<String>) -> String {
    let mut html = String::new();
    for piece in pieces {
        match piece {
            Piece::Start(element) => start(&mut html, *element),
            Piece::End(element) => html.push_str(end(*element)),
            Piece::Break => html.push_str("<br>\n"),
            Piece::Code(code) => html.push_str(&format!("<code>{}</code>", text(code))),
            Piece::CodeBlock(language, code) => code_block(&mut html, language, code),
            Piece::Word(word) => html.push_str(&markup(word, &username_of, tags)),
            Piece::LinkStart(link) => html.push_str(&open(link)),
            Piece::LinkEnd(link) => html.push_str(&format!("</a> <small>({})</small>", text(&link.host))),
        }
    }
    SANITISER.clean(html.trim_end()).to_string()
}

fn start(html: &mut String, element: Element) {
    if !matches!(element, Element::Emphasis | Element::Strong | Element::Line) {
        own_line(html);
    }
    match element {
        Element::Paragraph => html.push_str("<p>"),
        Element::Line => {}
        Element::Quote => html.push_str("<blockquote>\n"),
        Element::Bullets => html.push_str("<ul>\n"),
        Element::Numbers(1) => html.push_str("<ol>\n"),
        Element::Numbers(first) => html.push_str(&format!("<ol start=\"{first}\">\n")),
        Element::Item | Element::Numbered(_, false) => html.push_str("<li>"),
        Element::Numbered(number, true) => html.push_str(&format!("<li value=\"{number}\">")),
        Element::Emphasis => html.push_str("<em>"),
        Element::Strong => html.push_str("<strong>"),
    }
}

fn end(element: Element) -> &'static str {
    match element {
        Element::Paragraph => "</p>\n",
        Element::Line => "",
        Element::Quote => "</blockquote>\n",
        Element::Bullets => "</ul>\n",
        Element::Numbers(_) => "</ol>\n",
        Element::Item | Element::Numbered(..) => "</li>\n",
        Element::Emphasis => "</em>",
        Element::Strong => "</strong>",
    }
}

fn own_line(html: &mut String) {
    if !html.is_empty() && !html.ends_with('\n') {
        html.push('\n');
    }
}

fn code_block(html: &mut String, language: &str, code: &str) {
    own_line(html);
    if !language.is_empty() {
        html.push_str(&format!("<p><small>{}</small></p>\n", text(language)));
    }
    // A parser drops the first line break inside `<pre>`; one inside `<code>` stays.
    html.push_str(&format!("<pre><code>{}</code></pre>\n", text(code)));
}

fn markup(word: &Word, username_of: impl Fn(&str) -> Option<String>, tags: &BTreeSet<String>) -> String {
    match word {
        Word::Text(plain) => text(plain),
        Word::Link(link) => format!("{}{}</a>", open(link), text(&link.short)),
        Word::Name { sign, name } => match username_of(&name.to_ascii_lowercase()) {
            Some(username) => format!("<a href=\"/@{username}\">{sign}{name}</a>"),
            None => format!("{sign}{name}"),
        },
        Word::Tag { sign, tag: typed } => match tag::fold(typed).filter(|tag| tags.contains(tag)) {
            Some(tag) => {
                let segment = utf8_percent_encode(&tag, SEGMENT);
                format!("<a href=\"/tags/{segment}\">{sign}{}</a>", text(typed))
            }
            None => text(&format!("{sign}{typed}")),
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
