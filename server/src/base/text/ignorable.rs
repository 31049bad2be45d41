//! Removes invisible characters. Those that scripts and emoji need are kept where they have an effect: joiners next to
//! letters that join, variation selectors after a character with variants, the tags of a flag. Anywhere else they only
//! make one text look like another.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        CanonicalCombiningClass, Emoji, EmojiModifier, ExtendedPictographic, GeneralCategory, Ideographic, JoiningType,
        Script, VariationSelector,
    },
};

use super::unicode;

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const MONGOLIAN_VOWEL_SEPARATOR: char = '\u{180e}';
const BLACK_FLAG: char = '\u{1f3f4}';
const END_OF_TAG: char = '\u{e007f}';
/// Tags in a flag: the code of a country and of a part of it, such as `gbsct`.
const FLAG_TAGS: std::ops::RangeInclusive<usize> = 3..=6;
const VIRAMA: CanonicalCombiningClass = CanonicalCombiningClass(9);

/// Returns the text without control characters (but `\n` and `\t`) and without invisible characters that have no
/// effect.
pub(super) fn remove(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut output = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        if matches!(c, '\n' | '\t') || !c.is_control() && !unicode::is_invisible(c) {
            output.push(c);
            if c == BLACK_FLAG {
                let tags = flag_tags(&chars[at..]);
                output.extend(&chars[at..at + tags]);
                at += tags;
            }
        } else if has_effect(c, &output, &chars[at..]) {
            output.push(c);
        }
    }
    output
}

/// Returns the number of characters at the start of `rest` that turn the black flag into another.
fn flag_tags(rest: &[char]) -> usize {
    let is_tag = |c: &&char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    let tags = rest.iter().take_while(is_tag).count();
    if FLAG_TAGS.contains(&tags) && rest.get(tags) == Some(&END_OF_TAG) { tags + 1 } else { 0 }
}

fn has_effect(c: char, before: &str, after: &[char]) -> bool {
    let Some(previous) = before.chars().next_back() else { return joins_next(c, after) };
    match c {
        ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER if unicode::is_invisible(previous) && previous != EMOJI_STYLE => {
            false
        }
        ZERO_WIDTH_JOINER if joins_emoji(previous, after) => true,
        ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER => joins_previous(before) || joins_next(c, after),
        TEXT_STYLE | EMOJI_STYLE if previous.is_ascii() => after.first() == Some(&KEYCAP),
        TEXT_STYLE | EMOJI_STYLE => CodePointSetData::new::<Emoji>().contains(previous),
        MONGOLIAN_VOWEL_SEPARATOR => script(previous) == Script::Mongolian,
        c if CodePointSetData::new::<VariationSelector>().contains(c) => has_variants(previous),
        _ => false,
    }
}

fn next_visible(after: &[char]) -> Option<char> {
    after.iter().copied().find(|c| !unicode::is_invisible(*c) && !c.is_control() || matches!(c, '\n' | '\t'))
}

fn joins_emoji(previous: char, after: &[char]) -> bool {
    let is_pictograph = |c| CodePointSetData::new::<ExtendedPictographic>().contains(c);
    let is_base = is_pictograph(previous)
        || previous == EMOJI_STYLE
        || CodePointSetData::new::<EmojiModifier>().contains(previous);
    is_base && next_visible(after).is_some_and(is_pictograph)
}

/// Returns true if the last letter before a joiner takes part in joining: it is of a cursive script, or ends in a
/// virama.
fn joins_previous(before: &str) -> bool {
    before.chars().next_back().is_some_and(is_virama)
        || before.chars().rev().find(|c| joining(*c) != JoiningType::Transparent).is_some_and(is_cursive)
}

fn joins_next(c: char, after: &[char]) -> bool {
    matches!(c, ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER)
        && next_visible(after).is_some_and(|next| is_cursive(next) || is_virama(next))
}

fn is_virama(c: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(c) == VIRAMA
}

fn joining(c: char) -> JoiningType {
    CodePointMapData::<JoiningType>::new().get(c)
}

fn is_cursive(c: char) -> bool {
    matches!(joining(c), JoiningType::DualJoining | JoiningType::LeftJoining | JoiningType::RightJoining)
}

fn script(c: char) -> Script {
    CodePointMapData::<Script>::new().get(c)
}

fn has_variants(c: char) -> bool {
    CodePointSetData::new::<Ideographic>().contains(c)
        || !c.is_ascii() && unicode::category(c) == GeneralCategory::MathSymbol
        || matches!(script(c), Script::Mongolian | Script::Myanmar | Script::PhagsPa | Script::Manichaean)
}

#[cfg(test)]
mod tests {
    use super::remove;

    #[test]
    fn keeps_joiners_and_selectors_that_have_an_effect() {
        for text in [
            "نمی\u{200c}خواهم",
            "ه\u{200d}",
            "क्\u{200d}ष",
            "क्\u{200c}ष",
            "ন\u{9cd}\u{200d}",
            "র\u{200d}\u{9cd}য",
            "ന്\u{200d}",
            "ශ්\u{200d}රී",
            "👩\u{200d}💻",
            "🏳\u{fe0f}\u{200d}🌈",
            "👩🏽\u{200d}🚀",
            "❤\u{fe0f}",
            "☎\u{fe0e}",
            "1\u{fe0f}\u{20e3}",
            "葛\u{e0100}",
            "ᠠ\u{180b}",
            "ᠨ\u{180e}ᠠ",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}!",
            "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
            "\u{600}12",
        ] {
            assert_eq!(remove(text), text, "{text:?}");
        }
    }

    #[test]
    fn removes_ineffective_joiners_selectors_and_control_characters() {
        for (text, wanted) in [
            ("Ada\u{200c}Marlow", "AdaMarlow"),
            ("a\u{200d} \u{200c}b", "a b"),
            ("\u{200d}", ""),
            ("می\u{200c}\u{200c}\u{200d}خ", "می\u{200c}خ"),
            ("a\u{fe0f}\u{fe00}", "a"),
            ("12\u{fe0f}", "12"),
            ("a>\u{fe00}", "a>"),
            ("👩\u{200d} x", "👩 x"),
            ("🏴\u{e0067}\u{e0062}x\u{e007f}", "🏴x"),
            ("🏴\u{e0068}\u{e0069}\u{e0064}\u{e0064}\u{e0065}\u{e006e}\u{e0074}\u{e007f}", "🏴"),
            ("a\u{e0068}\u{e0069}b", "ab"),
            ("a\u{fdd0}\u{ffff}b", "ab"),
            ("ค\u{200b}่า", "ค่า"),
            ("soft\u{ad}hyphen", "softhyphen"),
            ("a\u{1}\u{7f}\u{9f}b\tc\n", "ab\tc\n"),
        ] {
            assert_eq!(remove(text), wanted, "{text:?}");
            assert_eq!(remove(wanted), wanted, "{text:?}");
        }
    }
}
