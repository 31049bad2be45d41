//! Parses the typed search. Only this decides between word, phrase and exclusion; the tokenizer produces the terms, and
//! Postgres the stems of words in a language.

use super::quotes::{is_quote, opens, quoted};
use crate::{
    base::{error::Invalid, text, tokenizer},
    social::markup::TAG_SIGNS,
};

/// The most characters of a search.
pub const MAX_CHARS: usize = 200;
/// The most different words and phrases of one search. Every post that is read is compared with all of them.
pub const MAX_PARTS: usize = 16;

/// A parsed search: every word and phrase is required, and every exclusion is forbidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    text: String,
    pub(super) words: Vec<String>,
    pub(super) phrases: Vec<String>,
    pub(super) no_words: Vec<String>,
    pub(super) no_phrases: Vec<String>,
}

impl Query {
    /// Parses the typed text. [`Invalid`] on `q` when it is over [`MAX_CHARS`] or has more than [`MAX_PARTS`] parts.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        let text = text::clean_line(typed);
        let length = text.chars().count();
        if length > MAX_CHARS {
            let message =
                format!("That is too long to search for. Leave out {} characters or more.", length - MAX_CHARS);
            return Err(Invalid::one("q", message));
        }
        let mut query = Self::default();
        let mut rest = text.as_str();
        while let Some((part, after)) = next(rest) {
            query.add(part);
            rest = after;
        }
        if [&query.words, &query.phrases, &query.no_words, &query.no_phrases].map(Vec::len).iter().sum::<usize>()
            > MAX_PARTS
        {
            let message =
                format!("That is more than {MAX_PARTS} words. Leave some out, or put \"a sentence\" into quotes.");
            return Err(Invalid::one("q", message));
        }
        query.text = text;
        Ok(query)
    }

    fn add(&mut self, Part { refused, phrase, text }: Part<'_>) {
        // Characters without a letter or a digit cannot be searched.
        if !text.chars().any(char::is_alphanumeric) {
            return;
        }
        let list = match (refused, phrase) {
            (false, false) => &mut self.words,
            (false, true) => &mut self.phrases,
            (true, false) => &mut self.no_words,
            (true, true) => &mut self.no_phrases,
        };
        // A repeated part has no further effect.
        if !list.iter().any(|part| part == text) {
            list.push(text.to_owned());
        }
    }

    /// Returns the terms that a post must have.
    pub(super) fn required(&self) -> Terms {
        Terms::of(&self.words, &self.phrases)
    }

    /// Returns the terms that a post must not have.
    pub(super) fn excluded(&self) -> Terms {
        Terms::of(&self.no_words, &self.no_phrases)
    }

    /// Returns true if a phrase is required.
    pub fn has_phrase(&self) -> bool {
        !self.phrases.is_empty()
    }

    /// Returns true if something is excluded.
    pub fn excludes(&self) -> bool {
        !(self.no_words.is_empty() && self.no_phrases.is_empty())
    }

    /// Returns the same words without quotes and exclusions, if the search has any.
    pub fn wider(&self) -> Option<String> {
        (!self.is_empty() && (self.has_phrase() || self.excludes())).then(|| self.line())
    }

    /// Returns the text as it was typed, on one line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns true if nothing is required.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty()
    }

    /// Returns true if there are only exclusions.
    pub fn only_refuses(&self) -> bool {
        self.is_empty() && self.excludes()
    }

    /// Returns the tag, without the sign, if the search is only a tag: `#rust`.
    pub fn tag(&self) -> Option<&str> {
        self.text
            .strip_prefix(TAG_SIGNS)
            .filter(|tag| !tag.is_empty() && !tag.contains(TAG_SIGNS) && !tag.contains(' '))
    }

    /// Returns the possible username: a word marked as such (`@ada`), or the only word.
    pub(super) fn username(&self) -> Option<String> {
        let named = self.words.iter().find_map(|word| word.strip_prefix(['@', '＠']));
        let only = || match (&self.words[..], self.phrases.is_empty()) {
            ([word], true) => Some(word.as_str()),
            _ => None,
        };
        named.or_else(only).map(str::to_ascii_lowercase)
    }

    /// Returns all required parts as one line, for the search for users, where a phrase is only words.
    pub(super) fn line(&self) -> String {
        [&self.words[..], &self.phrases[..]].concat().join(" ")
    }
}

/// The parts of a search, for the function `search_query` of the database.
pub(super) struct Terms {
    /// Words that also match other forms with the same stem.
    pub words: Vec<String>,
    /// Everything else: phrases, parts of joined words in a row, pairs of characters.
    pub phrases: Vec<String>,
}

impl Terms {
    fn of(words: &[String], phrases: &[String]) -> Self {
        let (single, joined): (Vec<&String>, Vec<&String>) =
            words.iter().partition(|word| tokenizer::single_word(word).is_some());
        Self {
            words: single.iter().filter_map(|word| tokenizer::single_word(word)).collect(),
            phrases: joined.into_iter().chain(phrases).filter_map(|part| tokenizer::phrase(part)).collect(),
        }
    }
}

/// One word or phrase.
struct Part<'a> {
    refused: bool,
    phrase: bool,
    text: &'a str,
}

/// Returns the first part of a line, and the rest. A quote that is never closed extends to the end.
fn next(line: &str) -> Option<(Part<'_>, &str)> {
    let line = line.trim_start();
    if line.is_empty() {
        return None;
    }
    let (refused, bare) = line.strip_prefix(MINUS).map_or((false, line), |bare| (true, bare));
    if let Some((text, after)) = quoted(bare) {
        return Some((Part { refused, phrase: true, text }, after));
    }
    let (text, after) = bare.split_at(word_end(bare));
    // A closing bracket without an opening one separates words.
    Some((
        Part { refused, phrase: false, text },
        after.strip_prefix(|c: char| is_quote(c) && !opens(c)).unwrap_or(after),
    ))
}

/// Returns the length of the word at the start of a line. A quote between two Hebrew letters is part of it (`צה"ל`).
fn word_end(line: &str) -> usize {
    let is_hebrew = |c: Option<char>| c.is_some_and(|c| ('\u{5d0}'..='\u{5ea}').contains(&c));
    let ends = |&(at, c): &(usize, char)| {
        let is_inside =
            || is_hebrew(line[..at].chars().next_back()) && is_hebrew(line[at + c.len_utf8()..].chars().next());
        c == ' ' || is_quote(c) && !is_inside()
    };
    line.char_indices().find(ends).map_or(line.len(), |(at, _)| at)
}

/// Signs that exclude the following part: the hyphen, and its variants on keyboards.
const MINUS: [char; 5] = ['-', '\u{2010}', '\u{2013}', '\u{2212}', '\u{ff0d}'];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Query {
        Query::parse(typed).unwrap()
    }

    #[test]
    fn distinguishes_words_phrases_and_exclusions() {
        let query = parse("  rye bread \"slow oven\" -white -\"from a tin\" -- & | ! ");
        assert_eq!(
            (query.words, query.phrases),
            (vec!["rye".to_owned(), "bread".to_owned()], vec!["slow oven".to_owned()])
        );
        assert_eq!((query.no_words, query.no_phrases), (vec!["white".to_owned()], vec!["from a tin".to_owned()]));
        assert_eq!(parse("well-known").words, ["well-known"]);
        assert_eq!(parse("an \"open end").phrases, ["open end"]);
        assert_eq!(parse("צה\"ל ארה\"ב").words, ["צה\"ל", "ארה\"ב"]);
        assert_eq!(parse("״תנור איטי״ x").phrases, ["תנור איטי"]);
        assert_eq!(parse("a\"b\"c").words, ["a", "c"]);
    }

    #[test]
    fn reads_phrases_from_any_quotes() {
        let phrase = |typed: &str| {
            let query = parse(typed);
            (query.phrases, query.words)
        };
        let expected = (vec!["slow oven".to_owned()], vec!["rye".to_owned()]);
        for (open, close) in [
            ("\"", "\""),
            ("“", "”"),
            ("”", "”"),
            ("„", "“"),
            ("„", "”"),
            ("«", "»"),
            ("»", "«"),
            ("»", "»"),
            ("« ", " »"),
            ("「", "」"),
            ("『", "』"),
            ("｢", "｣"),
            ("‹", "›"),
            ("›", "‹"),
            ("‚", "‘"),
            ("‘", "’"),
            ("'", "'"),
            ("〝", "〞"),
            ("＂", "＂"),
            ("“", "\""),
        ] {
            for typed in [format!("{open}slow oven{close} rye"), format!("rye {open}slow oven{close}")] {
                let (phrases, words) = phrase(&typed);
                let phrases: Vec<String> = phrases.iter().map(|phrase| phrase.trim().to_owned()).collect();
                assert_eq!((phrases, words), expected, "{typed}");
            }
            for minus in MINUS {
                let query = parse(&format!("rye {minus}{open}slow oven{close}"));
                assert_eq!((query.no_phrases.len(), query.no_words.len(), query.words), (1, 0, vec!["rye".to_owned()]));
            }
        }
        assert_eq!(parse("don’t can't ‘tis").words, ["don’t", "can't", "‘tis"]);
        assert_eq!(parse("“don’t go” on").phrases, ["don’t go"]);
        assert_eq!(parse("「a『b』c」 d」e").phrases, ["a『b』c"]);
        assert_eq!(parse("「a『b』c」 d」e").words, ["d", "e"]);
        assert_eq!(parse("rye – bread").words, ["rye", "bread"]);
    }

    #[test]
    fn queries_of_signs_alone_are_empty() {
        for signs in ["", " ", "%", "_", "-", "\"", "\"\"", "-\"\"", "!!! & | <-> () :*", "\u{0}", "😀", "\u{202e}"] {
            assert!(parse(signs).is_empty() && !parse(signs).only_refuses(), "{signs:?}");
        }
        assert!(parse("-bread").only_refuses() && parse("-\"rye bread\"").only_refuses());
    }

    #[test]
    fn reads_a_username_from_a_single_word_or_handle() {
        assert_eq!(parse("@Ada").username().as_deref(), Some("ada"));
        assert_eq!(parse("ada").username().as_deref(), Some("ada"));
        assert_eq!(parse("hello @ada there").username().as_deref(), Some("ada"));
        assert_eq!(parse("ada marlow").username(), None);
        assert_eq!(parse("ada \"marlow\"").username(), None);
    }

    #[test]
    fn reads_a_tag_only_when_alone() {
        assert_eq!(parse("#Rust").tag(), Some("Rust"));
        assert_eq!((parse("＃タグ").tag(), parse("﹟タグ").tag()), (Some("タグ"), Some("タグ")));
        for other in ["rust", "#", "#rust now", "now #rust", "#a#b"] {
            assert_eq!(parse(other).tag(), None, "{other}");
        }
    }

    #[test]
    fn removes_repeated_search_terms() {
        let query = parse("rye rye -white \"slow oven\" -white rye \"slow oven\"");
        assert_eq!((query.words.len(), query.phrases.len(), query.no_words.len()), (1, 1, 1));
    }

    #[test]
    fn refuses_overlong_queries() {
        assert!(Query::parse(&"é".repeat(MAX_CHARS)).is_ok());
        assert!(Query::parse(&"é".repeat(MAX_CHARS + 1)).unwrap_err().get("q").is_some());
    }
}
