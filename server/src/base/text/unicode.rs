//! Properties of single characters, from the Unicode character database.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, LineBreak, NoncharacterCodePoint,
        PrependedConcatenationMark,
    },
};

/// Characters that are drawn as nothing, although their category says otherwise: the blank Braille pattern, the null
/// note head, the object replacement character, and the full and half blank of Egyptian hieroglyphs.
const BLANK_SYMBOLS: [char; 5] = ['\u{2800}', '\u{1d159}', '\u{fffc}', '\u{13441}', '\u{13442}'];

pub(super) fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn is_in(c: char, group: GeneralCategoryGroup) -> bool {
    group.contains(category(c))
}

/// Returns true for a combining mark: it belongs to the letter before it.
pub fn is_mark(c: char) -> bool {
    is_in(c, GeneralCategoryGroup::Mark)
}

/// Returns true for a mark that only chooses between shapes of a letter.
pub fn is_invisible_mark(c: char) -> bool {
    is_mark(c) && is_invisible(c)
}

/// Returns true for punctuation of any script.
pub fn is_punctuation(c: char) -> bool {
    is_in(c, GeneralCategoryGroup::Punctuation)
}

/// Returns true for a symbol of any script; emoji are among them.
pub fn is_symbol(c: char) -> bool {
    is_in(c, GeneralCategoryGroup::Symbol)
}

/// Returns true for an emoji, dingbat or other pictorial symbol (`So`), in contrast to signs of mathematics and money.
pub fn is_pictorial(c: char) -> bool {
    category(c) == GeneralCategory::OtherSymbol
}

/// Returns true for punctuation that opens something: a bracket, a quotation mark.
pub fn opens(c: char) -> bool {
    matches!(category(c), GeneralCategory::OpenPunctuation | GeneralCategory::InitialPunctuation)
}

/// Returns true for a letter with upper and lower case, a number or a connector such as `_`: the characters of names
/// and addresses.
pub fn is_cased_or_number(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || c.is_numeric() || category(c) == GeneralCategory::ConnectorPunctuation
}

/// Returns true for a letter of a script that does not put spaces between words: Chinese, Japanese, Thai, Lao, Khmer,
/// Burmese. Korean is among them, because particles follow a word without a space.
pub fn is_unspaced(c: char) -> bool {
    match CodePointMapData::<LineBreak>::new().get(c) {
        LineBreak::ComplexContext => true,
        LineBreak::Ideographic
        | LineBreak::ConditionalJapaneseStarter
        | LineBreak::Nonstarter
        | LineBreak::H2
        | LineBreak::H3 => c.is_alphabetic(),
        _ => false,
    }
}

/// Returns true for the zero-width joiner and non-joiner, which are part of the spelling of some languages.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Returns true for white space and characters drawn like it.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || BLANK_SYMBOLS.contains(&c)
}

/// Returns true for a character that leaves a mark on the page by itself.
pub(super) fn has_ink(c: char) -> bool {
    const NO_INK: GeneralCategoryGroup =
        GeneralCategoryGroup::Mark.union(GeneralCategoryGroup::Separator).union(GeneralCategoryGroup::Control);
    !BLANK_SYMBOLS.contains(&c) && !is_in(c, NO_INK) && !is_invisible(c)
}

/// Returns true for a character that is invisible by itself: a candidate for removal. White space is not among them.
pub fn is_invisible(c: char) -> bool {
    let is_format = || category(c) == GeneralCategory::Format && !is_prepended(c);
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
        || is_format()
}

/// Returns true for a visible format character: Arabic number signs and the like.
fn is_prepended(c: char) -> bool {
    CodePointSetData::new::<PrependedConcatenationMark>().contains(c)
}
