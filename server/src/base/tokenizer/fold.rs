//! Folds letters for comparison: by Unicode alone, independent of the database's locale.

use deunicode::deunicode_char;
use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, Script},
};
use unicode_normalization::{
    UnicodeNormalization,
    char::{canonical_combining_class, is_combining_mark},
};

/// Folds a decomposed run: case, accents, and strokes of Latin letters.
pub(crate) fn fold(decomposed: &str) -> String {
    let letters = decomposed.chars().filter(|c| !is_accent(*c));
    // Through upper case, so that `ß` becomes `ss` and a final sigma is a sigma.
    let folded: String = letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    let mut plain = String::with_capacity(folded.len());
    for c in folded.chars() {
        match latin(c) {
            Some(ascii) => plain.push_str(&ascii.to_ascii_lowercase()),
            None => plain.push(c),
        }
    }
    plain.nfc().collect()
}

/// Returns ASCII letters for a Latin letter without decomposition, such as `ø` or `æ`.
fn latin(c: char) -> Option<&'static str> {
    if c.is_ascii() || CodePointMapData::<Script>::new().get(c) != Script::Latin {
        return None;
    }
    deunicode_char(c).filter(|ascii| !ascii.is_empty() && ascii.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Returns true for a mark that users omit when they type: accents, vowel points of Hebrew and Arabic, enclosing marks.
/// Vowel signs of other scripts and the voicing marks of Japanese make another letter and stay.
fn is_accent(c: char) -> bool {
    is_combining_mark(c)
        && (matches!(canonical_combining_class(c), 10..=36 | 200..)
            || CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::EnclosingMark)
}
