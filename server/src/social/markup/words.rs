//! `@names` and `#tags` in running text.

use super::{
    Link,
    tag::{TAG_SIGNS, fold, length},
};
use crate::base::text::unicode;

/// A stretch of running text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Text(String),
    Link(Link),
    /// A username as it was typed, and the sign before it.
    Name {
        sign: char,
        name: String,
    },
    /// A tag as it was typed, and the sign before it.
    Tag {
        sign: char,
        tag: String,
    },
}

/// Reads the mention at the start of `rest`, after its sign: its length in bytes. An address (`ada@example.org`) or a
/// name on another server (`@ada@example.org`, `@ada.example.org`) is no mention. A letter of a script with upper and
/// lower case directly before or after prevents a mention; words of other scripts may touch it.
pub(super) fn name(before: &str, rest: &str) -> Option<(usize, Word)> {
    let sign = rest.chars().next()?;
    let typed = &rest[sign.len_utf8()..];
    if adjoins_word(before) || before.ends_with(['@', '＠']) || adjoins_word(before.trim_end_matches(['/', '.', '-']))
    {
        return None;
    }
    let length = typed.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(typed.len());
    let length = length_in_emphasis(before, &typed[..length]);
    let (name, mut after) = (&typed[..length], typed[length..].trim_start_matches('_').chars());
    let is_elsewhere = match after.next() {
        Some('@' | '＠') => true,
        Some('.') => after.next().is_some_and(char::is_alphanumeric),
        Some(c) => unicode::is_cased_or_number(c) || unicode::is_mark(c),
        None => false,
    };
    let fits = (3..=24).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_alphabetic());
    (fits && !is_elsewhere).then(|| (sign.len_utf8() + length, Word::Name { sign, name: name.to_owned() }))
}

/// Reads the tag at the start of `rest`, after its sign: its length in bytes.
pub(super) fn tag(before: &str, rest: &str) -> Option<(usize, Word)> {
    let sign = rest.chars().next()?;
    let typed = &rest[sign.len_utf8()..];
    if adjoins_word(before) || before.ends_with(TAG_SIGNS) || before.ends_with(['&', '/']) {
        return None;
    }
    let length = length_in_emphasis(before, &typed[..length(typed)]);
    let tag = &typed[..length];
    fold(tag).map(|_| (sign.len_utf8() + length, Word::Tag { sign, tag: tag.to_owned() }))
}

/// Returns true if the text ends within a word that the sign would be part of. Underscores at the start of a word are
/// emphasis.
fn adjoins_word(before: &str) -> bool {
    let letters = before.trim_end_matches('_');
    letters.chars().rev().find(|c| !unicode::is_mark(*c)).is_some_and(unicode::is_cased_or_number)
}

/// Returns the length of a name or tag without the underscores at its end that end emphasis.
fn length_in_emphasis(before: &str, word: &str) -> usize {
    let letters = word.trim_end_matches('_').len();
    if letters < word.len() && is_underscored(before) { letters } else { word.len() }
}

/// Returns `true` if emphasis by underscores is open at the end of a text: one underscore starts a word, and none ended
/// a word since.
pub(super) fn is_underscored(text: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    let (mut is_open, mut last) = (false, None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '_' {
            match (is_edge(last), is_edge(chars.peek().copied())) {
                (true, _) => is_open = true,
                (false, true) => is_open = false,
                (false, false) => {}
            }
        } else {
            last = Some(c);
        }
    }
    is_open
}
