//! `@names` and `#tags` in running text.

use super::{
    Link,
    tag::{fold, length},
};
use crate::text::unicode;

/// One stretch of running text.
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

/// The mention that `rest` begins with, after its sign, and its length in bytes. An address (`ada@example.org`) or a name
/// on another server (`@ada@example.org`, `@ada.example.org`) is none. A name is a word of its own where a script with
/// upper and lower case goes on; words of other scripts may touch it.
pub(super) fn name(before: &str, rest: &str) -> Option<(usize, Word)> {
    let sign = rest.chars().next()?;
    let typed = &rest[sign.len_utf8()..];
    if touches(before) || before.ends_with(['@', '＠', '/', '.', '-']) {
        return None;
    }
    let length = typed.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(typed.len());
    let (name, mut after) = (&typed[..length], typed[length..].chars());
    let is_elsewhere = match after.next() {
        Some('@' | '＠') => true,
        Some('.') => after.next().is_some_and(char::is_alphanumeric),
        Some(c) => unicode::is_cased_or_number(c) || unicode::is_mark(c),
        None => false,
    };
    let fits = (3..=24).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_alphabetic());
    (fits && !is_elsewhere).then(|| (sign.len_utf8() + length, Word::Name { sign, name: name.to_owned() }))
}

/// The tag that `rest` begins with, after its sign, and its length in bytes.
pub(super) fn tag(before: &str, rest: &str) -> Option<(usize, Word)> {
    let sign = rest.chars().next()?;
    let typed = &rest[sign.len_utf8()..];
    if touches(before) || before.ends_with(['#', '＃', '﹟', '&', '/']) {
        return None;
    }
    let length = length(typed);
    let tag = &typed[..length];
    fold(tag).map(|_| (sign.len_utf8() + length, Word::Tag { sign, tag: tag.to_owned() }))
}

/// The text ends within a word that a sign would be part of.
fn touches(before: &str) -> bool {
    before.chars().rev().find(|c| !unicode::is_mark(*c)).is_some_and(unicode::is_cased_or_number)
}
