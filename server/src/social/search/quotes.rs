//! Quotes around a phrase, in any language.

use icu_properties::{CodePointSetData, props::QuotationMark};

/// Quotes with different ends, each with its other end.
const BRACKETS: [(char, char); 5] = [('「', '」'), ('『', '』'), ('｢', '｣'), ('﹁', '﹂'), ('﹃', '﹄')];
/// Quotes that open in one language and close in another.
const GUILLEMETS: [char; 2] = ['«', '»'];
/// Single quotes, and the Hebrew gershayim. Most of them are also part of words, so they count only around whole words.
const SINGLE: [char; 9] = ['\'', '‘', '’', '‚', '‛', '‹', '›', '＇', '\u{5f4}'];

/// Returns true if the character opens or closes a phrase in any position.
pub(super) fn is_quote(c: char) -> bool {
    CodePointSetData::new::<QuotationMark>().contains(c) && !SINGLE.contains(&c)
}

pub(super) fn opens(c: char) -> bool {
    is_quote(c) && BRACKETS.iter().all(|(_, close)| *close != c)
}

/// Returns the phrase at the start of a line, and the rest.
pub(super) fn quoted(line: &str) -> Option<(&str, &str)> {
    let open = line.chars().next()?;
    let rest = &line[open.len_utf8()..];
    if SINGLE.contains(&open) {
        let ends = |(_, after): &(&str, &str)| !after.starts_with(char::is_alphanumeric);
        return rest.match_indices(SINGLE).map(|(at, quote)| (&rest[..at], &rest[at + quote.len()..])).find(ends);
    }
    if !opens(open) {
        return None;
    }
    let bracket = BRACKETS.iter().find(|(bracket, _)| *bracket == open).map(|(_, close)| *close);
    let of_brackets = |c: char| BRACKETS.iter().any(|(a, b)| c == *a || c == *b);
    let closes = |c: char| match bracket {
        Some(close) => c == close,
        None => is_quote(c) && !of_brackets(c) && GUILLEMETS.contains(&c) == GUILLEMETS.contains(&open),
    };
    let at = rest.find(closes).unwrap_or(rest.len());
    let after = &rest[at..];
    Some((&rest[..at], after.strip_prefix(closes).unwrap_or(after)))
}
