//! Tags: the allowed characters, and the canonical spelling.

use unicase::UniCase;
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

use crate::base::text::unicode;

/// The signs that begin a tag.
pub(crate) const TAG_SIGNS: [char; 3] = ['#', '＃', '﹟'];
/// The most characters of a tag.
const TAG_MAX: usize = 50;
/// Corrects the folded form of a Turkish capital I, and of vowels of Thai and Lao, to what people write.
const REWRITTEN: [(&str, &str); 3] = [("i\u{307}", "i"), ("\u{e4d}\u{e32}", "\u{e33}"), ("\u{ecd}\u{eb2}", "\u{eb3}")];

/// Returns the canonical spelling of a tag, independent of case and width. `None` when it is no tag: letters with their
/// marks, digits and `_` of any script, at most fifty, at least one of them a letter. Between letters there may be a
/// joiner, a middle dot or the Hebrew signs of abbreviation.
pub fn fold(typed: &str) -> Option<String> {
    let compatible: String = typed.chars().filter(|c| !unicode::is_invisible_mark(*c)).nfkc().collect();
    let folded: String = compatible.chars().flat_map(fold_case).nfkc().collect();
    let tag = REWRITTEN.iter().fold(folded, |tag, (from, to)| tag.replace(from, to));
    let tag = final_sigma(&tag);
    let fits = length(&tag) == tag.len() && tag.chars().any(char::is_alphabetic);
    (fits && tag.chars().count() <= TAG_MAX).then_some(tag)
}

/// Simple case folding: a character stays one character (`ß` is not `ss`). The two letters i of Turkish fold to one:
/// their capitals depend on the language.
fn fold_case(c: char) -> impl Iterator<Item = char> {
    let folded = UniCase::unicode(c.encode_utf8(&mut [0; 4]) as &str).to_folded_case();
    let mut one = folded.chars();
    let simple = match (c, one.next(), one.next()) {
        ('\u{131}' | '\u{130}', ..) => "i".to_owned(),
        (_, Some(_), None) => folded,
        _ => c.to_lowercase().collect(),
    };
    simple.chars().collect::<Vec<_>>().into_iter()
}

/// Restores Greek spelling: folding makes every sigma the same, but at the end of a word it has another form.
fn final_sigma(tag: &str) -> String {
    let mut chars = tag.chars().peekable();
    let mut out = String::with_capacity(tag.len());
    while let Some(c) = chars.next() {
        let is_last = c == 'σ' && !chars.peek().is_some_and(|next| next.is_alphabetic() || unicode::is_mark(*next));
        out.push(if is_last && out.chars().next_back().is_some_and(char::is_alphabetic) { 'ς' } else { c });
    }
    out
}

/// Returns the length of the tag at the start of `text`, in bytes.
pub(super) fn length(text: &str) -> usize {
    let mut end = 0;
    let mut between = None;
    for (at, c) in text.char_indices() {
        let continues = match end {
            0 => at == 0 && is_tag(c),
            _ => {
                is_tag(c) || unicode::is_mark(c) && between.is_none_or(|sign| unicode::is_joiner(sign) && is_virama(c))
            }
        };
        if continues {
            (end, between) = (at + c.len_utf8(), None);
        } else if end > 0 && between.is_none() && is_between(c) {
            between = Some(c);
        } else {
            break;
        }
    }
    end
}

/// Returns true for a character that a tag can start with.
pub(super) fn is_tag(c: char) -> bool {
    (c.is_alphanumeric() || c == '_' || c == '＿') && !unicode::is_mark(c)
}

/// Returns true for a character that can be inside a tag, between two letters.
fn is_between(c: char) -> bool {
    unicode::is_joiner(c) || matches!(c, '·' | '・' | '･' | '\u{5f3}' | '\u{5f4}' | '\u{f0b}' | '\u{180e}')
}

/// Returns true for a virama, the sign that removes a letter's vowel. In Bengali, Kannada and Sinhala a joiner may
/// precede it.
fn is_virama(c: char) -> bool {
    canonical_combining_class(c) == 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_tags_to_one_spelling() {
        for spellings in [
            &["rust", "Rust", "RUST", "Ｒｕｓｔ"][..],
            &["οδος", "ΟΔΟΣ", "οδοσ", "Οδος"],
            &["größe", "GRÖßE", "GRÖẞE"],
            &["istanbul", "İstanbul", "İSTANBUL", "ISTANBUL", "ıstanbul"],
            &["гроза", "ГРОЗА"],
            &["ｶﾞｲﾄﾞ", "ガイド"],
            &["葛", "葛\u{e0100}"],
            &["น้ำ", "น\u{e49}\u{e4d}\u{e32}"],
            &["φιλοσοφος_ς", "ΦΙΛΟΣΟΦΟΣ_Σ"],
        ] {
            let all: Vec<_> = spellings.iter().map(|typed| fold(typed)).collect();
            assert!(all[0].is_some() && all.iter().all(|tag| *tag == all[0]), "{spellings:?}: {all:?}");
            assert_eq!(fold(all[0].as_deref().unwrap()), all[0], "folding again changes nothing");
        }
        assert_eq!(fold("ΟΔΟΣ").as_deref(), Some("οδος"));
        assert_eq!(fold("น้ำ").as_deref(), Some("น้ำ"));
        assert_eq!(fold(&"a".repeat(50)).map(|tag| tag.len()), Some(50));
        for bad in
            ["", "a b", "a-b", "123", "___", "a/b", "a\0", &"a".repeat(51), "%61", "a·", "·a", "\u{301}a", "a\u{200c}"]
        {
            assert_eq!(fold(bad), None, "{bad}");
        }
    }
}
