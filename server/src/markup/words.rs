//! What is found in running text: bare links, `@names`, `#tags`, and the words between them.

use std::sync::LazyLock;

use linkify::{LinkFinder, LinkKind};
use unicode_normalization::UnicodeNormalization;

use super::Link;

/// The most characters of a tag.
const TAG_MAX: usize = 50;

/// One stretch of running text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Text(String),
    Link(Link),
    /// Somebody's username, without the sign, as it was typed.
    Name(String),
    /// A tag, without the sign, as it was typed.
    Tag(String),
}

static LINKS: LazyLock<LinkFinder> = LazyLock::new(|| {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder
});

/// The tag's one spelling, whatever the case and width it was typed in. Nothing when it is no tag: letters, digits and
/// `_` of any script, at most fifty, at least one of them a letter.
pub fn tag(typed: &str) -> Option<String> {
    let folded: String = typed.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let fits = folded.chars().all(is_tag) && folded.chars().any(char::is_alphabetic);
    (fits && folded.chars().count() <= TAG_MAX).then_some(folded)
}

/// Takes a text apart. Put together again the stretches are the text.
pub(super) fn split(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for span in LINKS.spans(text) {
        let link = span.kind().and_then(|_| Link::read(span.as_str()));
        match link {
            Some(link) => words.push(Word::Link(link)),
            None => signs(text, span.start(), span.end(), &mut words),
        }
    }
    words
}

/// The names and tags between two places of the text.
fn signs(text: &str, start: usize, end: usize, words: &mut Vec<Word>) {
    let (mut plain, mut at) = (start, start);
    while let Some(found) = text[at..end].find(['@', '#']).map(|n| at + n) {
        at = found + 1;
        let before = text[..found].chars().next_back();
        let word = match text.as_bytes()[found] {
            b'@' => name(before, &text[at..]).map(|name| (name.len(), Word::Name(name.to_owned()))),
            _ => tagged(before, &text[at..]).map(|tag| (tag.len(), Word::Tag(tag.to_owned()))),
        };
        if let Some((length, word)) = word.filter(|(length, _)| at + length <= end) {
            push_text(words, &text[plain..found]);
            words.push(word);
            at += length;
            plain = at;
        }
    }
    push_text(words, &text[plain..end]);
}

fn push_text(words: &mut Vec<Word>, text: &str) {
    if !text.is_empty() {
        words.push(Word::Text(text.to_owned()));
    }
}

/// The username that `rest` begins with. An address (`ada@example.org`), somebody's name elsewhere (`@ada@example.org`,
/// `@ada.example.org`) is none of ours.
fn name(before: Option<char>, rest: &str) -> Option<&str> {
    if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '@' | '/' | '.' | '-')) {
        return None;
    }
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (name, mut after) = (&rest[..length], rest[length..].chars());
    let elsewhere = match after.next() {
        Some('@') => true,
        Some('.') => after.next().is_some_and(char::is_alphanumeric),
        Some(c) => c.is_alphanumeric(),
        None => false,
    };
    let fits = (3..=24).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_alphabetic());
    (fits && !elsewhere).then_some(name)
}

/// The tag that `rest` begins with.
fn tagged(before: Option<char>, rest: &str) -> Option<&str> {
    if before.is_some_and(|c| is_tag(c) || matches!(c, '#' | '&' | '/')) {
        return None;
    }
    let length = rest.find(|c: char| !is_tag(c)).unwrap_or(rest.len());
    let typed = &rest[..length];
    tag(typed).map(|_| typed)
}

fn is_tag(c: char) -> bool {
    // The combining dot is what lower-casing makes of a Turkish capital I.
    c.is_alphanumeric() || c == '_' || c == '\u{307}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let words = split(text).into_iter();
        words
            .filter_map(|word| match word {
                Word::Text(_) => None,
                Word::Link(link) => Some(link.href),
                Word::Name(name) => Some(format!("@{name}")),
                Word::Tag(tag) => Some(format!("#{tag}")),
            })
            .collect()
    }

    #[test]
    fn names_tags_and_links_are_found_in_running_text() {
        for (text, wanted) in [
            ("@ada and (@Alan), hello @grace_h.", &["@ada", "@Alan", "@grace_h"][..]),
            ("#Rust, #rust_lang and #größe! #日本", &["#Rust", "#rust_lang", "#größe", "#日本"]),
            ("see https://example.org/x.", &["https://example.org/x"]),
            ("(https://example.org/a_(b))", &["https://example.org/a_(b)"]),
            ("#1 #2026 #_ # #", &[]),
            ("#3d-printing", &["#3d"]),
            ("ada@example.org @ada@example.org @ada.example.org", &[]),
            ("@ad @1ada @aaaaaaaaaaaaaaaaaaaaaaaaa @adä", &[]),
            ("a#b ##c &#39; https://example.org/#frag", &["https://example.org/#frag"]),
            ("@@ada /@ada", &[]),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
    }

    #[test]
    fn nothing_is_lost_when_a_text_is_taken_apart() {
        for text in ["", "@", "a @ada b #c d", "@ada#tag", "\u{feff}#\u{301}", "#a@ada https://x.example/@ada #b"] {
            let together: String = split(text)
                .into_iter()
                .map(|word| match word {
                    Word::Text(text) => text,
                    Word::Link(link) => link.href,
                    Word::Name(name) => format!("@{name}"),
                    Word::Tag(tag) => format!("#{tag}"),
                })
                .collect();
            assert_eq!(together, text);
        }
    }

    #[test]
    fn a_tag_has_one_spelling() {
        for typed in ["Rust", "RUST", "rust", "Ｒｕｓｔ"] {
            assert_eq!(tag(typed).as_deref(), Some("rust"));
        }
        assert_eq!(tag(&"a".repeat(50)).map(|tag| tag.len()), Some(50));
        for bad in ["", "a b", "a-b", "123", "___", "a/b", "a\0", &"a".repeat(51), "%61"] {
            assert_eq!(tag(bad), None, "{bad}");
        }
        let twice = tag("İstanbul").and_then(|once| tag(&once));
        assert_eq!(twice, tag("İstanbul"), "folding again changes nothing");
    }
}
