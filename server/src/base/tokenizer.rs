//! The tokenizer of search. Posts, names and queries all use [`tokens`], so the index and a query never disagree.
//!
//! A token is a run of letters, digits and their marks; everything else separates tokens. `CVE-2026-2332` is therefore
//! three tokens in a row, found by each of them and, as a phrase, by all. The parts of `covid19`, and of a word with a
//! zero-width non-joiner inside, are found at the position of the whole. Scripts that write no spaces between words
//! (Chinese, Japanese, Thai and so on) are indexed by single characters and by pairs, so any part of a run is found.

use std::collections::BTreeSet;

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, LineBreak, Script},
    script::ScriptWithExtensions,
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

mod fold;

use super::text::readable_path;
use fold::fold;

/// The most characters of a lexeme. Postgres accepts 2,046 bytes.
const LEXEME_MAX: usize = 500;
/// The most characters of a run that are compared with names.
const NAME_RUN_MAX: usize = 32;
/// The most parts of one token that are indexed.
const PARTS_MAX: usize = 8;
/// Separates two parts of a word in Persian and other languages.
const NON_JOINER: char = '\u{200c}';
/// The most lexemes that one part of a query needs. Compatibility characters can expand to many.
const PHRASE_MAX: usize = 200;
/// The largest position that a `tsvector` supports.
const POSITION_MAX: usize = 16_383;

/// Scripts written without spaces between words, besides those of Southeast Asia (line break class SA). Korean has
/// spaces, but its particles are joined to the word.
const UNSPACED: [Script; 8] = [
    Script::Han,
    Script::Hiragana,
    Script::Katakana,
    Script::Bopomofo,
    Script::Hangul,
    Script::Yi,
    Script::Tangut,
    Script::Nushu,
];

/// The version of the tokenizer. Rows with version 0 are indexed by the background work.
pub(crate) const TOKENIZER: i16 = 1;

/// A row and its searchable text.
pub(crate) struct IndexedText {
    pub id: i64,
    pub text: String,
}

/// One token of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SearchToken {
    /// The position in the text, from 1. In an unspaced run each character has its own position.
    position: usize,
    /// Case folded and without accents: the form that is compared.
    folded: String,
    /// In lower case with its accents: the form that is stemmed.
    lower: String,
    /// The runs of letters and digits separately, folded, and the text on either side of a zero-width non-joiner. Empty
    /// if it has only one part.
    parts: Vec<String>,
    /// True for a run of a script without spaces.
    unspaced: bool,
}

/// An indexed text.
#[derive(Debug)]
pub(crate) struct IndexedWords {
    /// Lexemes with their positions, in the input syntax of `tsvector`.
    pub lexemes: String,
    /// The words to stem, separated by spaces.
    pub words: String,
}

/// An indexed name.
pub(crate) struct IndexedName {
    /// All tokens, separated by spaces; compared by trigrams.
    pub line: String,
    /// Matched by prefix. Every suffix of an unspaced run is included, so a prefix finds any part of the run.
    pub lexemes: BTreeSet<String>,
}

/// Returns the index data of a post's text.
pub(crate) fn document(text: &str) -> IndexedWords {
    let tokens = tokens(text);
    let lexemes = tokens.iter().flat_map(SearchToken::lexemes);
    let lexemes = lexemes.map(|(position, lexeme)| format!("'{lexeme}':{}", position.min(POSITION_MAX)));
    let lexemes = lexemes.collect::<Vec<_>>().join(" ");
    let spaced: Vec<&SearchToken> = tokens.iter().filter(|token| !token.unspaced).collect();
    let folded = spaced.iter().filter(|token| token.folded != token.lower).map(|token| token.folded.as_str());
    let words = spaced.iter().map(|token| token.lower.as_str()).chain(folded).collect::<Vec<_>>().join(" ");
    IndexedWords { lexemes, words }
}

/// Returns the index data of a name.
pub(crate) fn name(text: &str) -> IndexedName {
    let tokens = tokens(text);
    let lexemes = tokens.iter().flat_map(|token| {
        let chars: Vec<char> = token.folded.chars().collect();
        let starts = if token.unspaced { chars.len() } else { 1 };
        let max_chars = if token.unspaced { NAME_RUN_MAX } else { LEXEME_MAX };
        (0..starts).map(move |start| chars[start..].iter().take(max_chars).collect::<String>()).collect::<Vec<_>>()
    });
    let parts = tokens.iter().flat_map(|token| token.parts.iter().cloned());
    let lexemes = lexemes.chain(parts).collect();
    let line = tokens.iter().map(|token| token.folded.as_str()).collect::<Vec<_>>().join(" ");
    IndexedName { line, lexemes }
}

/// Returns the prefixes a name must have to match this text.
pub(crate) fn name_prefixes(text: &str) -> Vec<String> {
    let max_chars = |token: &SearchToken| if token.unspaced { NAME_RUN_MAX } else { LEXEME_MAX };
    tokens(text).iter().map(|token| token.folded.chars().take(max_chars(token)).collect()).collect()
}

/// Returns the phrase that a text has to contain, in the input syntax of `tsquery`; `None` if it has no token.
pub(crate) fn phrase(text: &str) -> Option<String> {
    let tokens = tokens(text);
    let mut lexemes = tokens.iter().flat_map(SearchToken::query_lexemes).take(PHRASE_MAX);
    let (mut last, first) = lexemes.next()?;
    let mut phrase = format!("'{first}'");
    for (position, lexeme) in lexemes {
        phrase.push_str(&format!(" <{}> '{lexeme}'", position - last));
        last = position;
    }
    Some(phrase)
}

/// Returns the forms of a text that is a single word, separated by spaces: first the folded one, which is compared
/// unchanged, then the one with accents if it differs. `None` if the text is no word or more than one.
pub(crate) fn single_word(text: &str) -> Option<String> {
    match &tokens(text)[..] {
        [SearchToken { unspaced: false, folded, lower, .. }] if folded == lower => Some(folded.clone()),
        [SearchToken { unspaced: false, folded, lower, .. }] => Some(format!("{folded} {lower}")),
        _ => None,
    }
}

impl SearchToken {
    /// Creates a token; `run` is decomposed, and may contain non-joiners.
    fn new(position: usize, run: &str, unspaced: bool) -> Option<Self> {
        let parts = if unspaced { Vec::new() } else { parts(run) };
        let decomposed = &run.replace(NON_JOINER, "");
        let mut folded = fold(decomposed);
        let mut lower = decomposed.nfc().collect::<String>().to_lowercase();
        if !unspaced {
            folded = folded.chars().take(LEXEME_MAX).collect();
            lower = lower.chars().take(LEXEME_MAX).collect();
        }
        (!folded.is_empty()).then_some(Self { position, folded, lower, parts, unspaced })
    }

    /// Returns the number of positions it takes.
    fn length(&self) -> usize {
        if self.unspaced { self.folded.chars().count() } else { 1 }
    }

    /// Returns all of its index entries.
    fn lexemes(&self) -> Vec<(usize, String)> {
        if !self.unspaced {
            return [&self.folded].into_iter().chain(&self.parts).map(|part| (self.position, part.clone())).collect();
        }
        let single = self.folded.chars().map(String::from);
        (self.position..).zip(single).chain(self.pairs()).collect()
    }

    /// Returns the lexemes that a query needs: pairs, unless the run is a single character.
    fn query_lexemes(&self) -> Vec<(usize, String)> {
        if self.unspaced && self.length() > 1 { self.pairs() } else { vec![(self.position, self.folded.clone())] }
    }

    /// Returns the pairs of neighbouring characters in an unspaced run.
    fn pairs(&self) -> Vec<(usize, String)> {
        let next = self.folded.chars().skip(1);
        let pairs = self.folded.chars().zip(next).map(|(a, b)| String::from_iter([a, b]));
        (self.position..).zip(pairs).collect()
    }
}

fn tokens(text: &str) -> Vec<SearchToken> {
    let mut tokens: Vec<SearchToken> = Vec::new();
    let mut run = String::new();
    let mut unspaced = false;
    // The separator at the end completes the last token.
    let text = readable_path(text);
    for c in text.nfkd().filter(|c| !is_ignored(*c)).chain([' ']) {
        if c == NON_JOINER {
            if !run.is_empty() {
                run.push(c);
            }
            continue;
        }
        let mark = is_combining_mark(c);
        let letter = !mark && c.is_alphanumeric();
        let kind_changes = letter && unspaced != is_unspaced(c);
        if !run.is_empty() && (kind_changes || !(mark || letter)) {
            let position = tokens.last().map_or(1, |token| token.position + token.length());
            tokens.extend(SearchToken::new(position, &run, unspaced));
            run.clear();
        }
        if letter && run.is_empty() {
            unspaced = is_unspaced(c);
        }
        // A mark without a letter is no word.
        if letter || mark && !run.is_empty() {
            run.push(c);
        }
    }
    tokens
}

/// Returns the parts of a run between letters and digits and at non-joiners; none if it is one part.
fn parts(run: &str) -> Vec<String> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut was_digit = None;
    for c in run.chars() {
        let is_digit = if is_combining_mark(c) { was_digit } else { Some(c.is_numeric()) };
        let cuts = c == NON_JOINER || was_digit.is_some_and(|was| is_digit != Some(was));
        if cuts {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| c != NON_JOINER) {
            part.push(c);
            was_digit = is_digit;
        }
    }
    parts.retain(|part| !part.is_empty());
    if parts.len() < 2 {
        return Vec::new();
    }
    let folded = parts.iter().map(|part| fold(part).chars().take(LEXEME_MAX).collect::<String>());
    folded.filter(|part| !part.is_empty()).take(PARTS_MAX).collect()
}

/// Returns true for characters without meaning for search: invisible ones (joiners, soft hyphens) and Arabic tatweel.
fn is_ignored(c: char) -> bool {
    const TATWEEL: char = '\u{640}';
    !c.is_ascii()
        && c != NON_JOINER
        && (c == TATWEEL || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

/// Returns true if the character belongs to a script that writes no spaces between words.
fn is_unspaced(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    let scripts = ScriptWithExtensions::new();
    CodePointMapData::<LineBreak>::new().get(c) == LineBreak::ComplexContext
        || UNSPACED.iter().any(|script| scripts.has_script(c, *script))
}

#[cfg(test)]
mod tests;
