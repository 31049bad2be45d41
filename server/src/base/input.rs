//! Parses codes, e-mail addresses and usernames as users type or paste them: with invisible characters, and with the
//! digits, letters and dashes of their own keyboard.

use icu_properties::props::{BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory};
use unicode_normalization::UnicodeNormalization;

use crate::base::text::unicode;

/// Returns the ASCII digits of a typed code and ignores separators. `None` if it contains letters or no digits at all.
pub(crate) fn digits(typed: &str) -> Option<String> {
    let digits: Option<String> = typed.nfkc().filter(|c| !is_separator(*c)).map(digit).collect();
    digits.filter(|digits| !digits.is_empty())
}

/// Normalizes a typed e-mail address or username: compatibility forms folded (NFKC), digits of any script as ASCII
/// digits, any dash as `-`, without invisible characters, trimmed. Letters of other scripts stay as they are.
pub(crate) fn identifier(typed: &str) -> String {
    let visible = typed.nfkc().filter(|c| !is_invisible(*c));
    let folded: String = visible.map(|c| if is_dash(c) { '-' } else { digit(c).unwrap_or(c) }).collect();
    folded.trim().to_owned()
}

/// Normalizes a typed e-mail address by the same rules. An international domain keeps its joiners, which belong to the
/// spelling of some languages, and its digits: with others it is another domain.
pub(crate) fn address(typed: &str) -> String {
    let plain = identifier(typed);
    let Some((local, domain)) = plain.split_once('@').filter(|(_, domain)| !domain.is_ascii()) else { return plain };
    let visible = typed.nfkc().filter(|c| unicode::is_joiner(*c) || !is_invisible(*c));
    let cleaned: String = visible.map(|c| if is_dash(c) { '-' } else { c }).collect();
    let domain = cleaned.split_once('@').map_or(domain, |(_, domain)| domain.trim_end());
    format!("{local}@{domain}")
}

/// Returns true for zero-width and bidirectional characters, soft hyphens, variation selectors and the like; not for
/// control characters.
fn is_invisible(c: char) -> bool {
    DefaultIgnorableCodePoint::for_char(c) || GeneralCategory::for_char(c) == GeneralCategory::Format
}

/// Returns true for dashes, the minus sign, and the long-vowel mark of Japanese keyboards, which is on the key of the
/// dash.
fn is_dash(c: char) -> bool {
    GeneralCategory::for_char(c) == GeneralCategory::DashPunctuation || matches!(c, '\u{2212}' | '\u{30fc}')
}

/// Returns true if a character has no meaning in a code: anything but letters and numbers.
fn is_separator(c: char) -> bool {
    use GeneralCategory as Is;
    let is_significant = matches!(
        Is::for_char(c),
        Is::UppercaseLetter
            | Is::LowercaseLetter
            | Is::TitlecaseLetter
            | Is::ModifierLetter
            | Is::OtherLetter
            | Is::DecimalNumber
            | Is::LetterNumber
            | Is::OtherNumber
    );
    !is_significant || is_invisible(c) || is_dash(c)
}

/// Returns the ASCII form of a decimal digit of any script. Unicode keeps the ten digits of each set together, in
/// order.
fn digit(c: char) -> Option<char> {
    let is_digit = |code: &u32| {
        char::from_u32(*code).is_some_and(|c| GeneralCategory::for_char(c) == GeneralCategory::DecimalNumber)
    };
    let code = u32::from(c);
    if !is_digit(&code) {
        return None;
    }
    // Several sets may follow each other without a gap, so the distance from the first of them counts modulo ten.
    let before = (0..code).rev().take_while(is_digit).count();
    char::from_digit(u32::try_from(before % 10).ok()?, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes_in_any_script_with_any_separator() {
        for typed in [
            "012345",
            " 012 345\n",
            "012-345",
            "012–345",
            "012—345",
            "012\u{2212}345",
            "012\u{2011}345",
            "012ー345",
            "012.345",
            "012\u{a0}345",
            "012\u{202f}345",
            "\u{200b}0\u{200b}1\u{200c}2\u{200d}3\u{2060}4\u{feff}5",
            "\u{202a}012345\u{202c}",
            "\u{2066}012345\u{2069}",
            "\u{200e}012\u{200f}345\u{61c}",
            "012\u{ad}345",
            "０１２３４５",
            "٠١٢٣٤٥",
            "۰۱۲۳۴۵",
            "०१२३४५",
            "০১২৩৪৫",
            "๐๑๒๓๔๕",
            "၀၁၂၃၄၅",
            "០១២៣៤៥",
            "𝟎𝟏𝟐𝟑𝟒𝟓",
            "𝟘𝟙𝟚𝟛𝟜𝟝",
            "𞥐𞥑𞥒𞥓𞥔𞥕",
            "0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣",
        ] {
            assert_eq!(digits(typed).as_deref(), Some("012345"), "{typed:?}");
        }
        for other in ["", " ", "-", "01234a", "O12345", "012345 is your code", "一二三四五六", "\u{200b}"] {
            assert_eq!(digits(other), None, "{other:?}");
        }
    }

    #[test]
    fn converts_every_unicode_decimal_digit() {
        let all = ('\0'..=char::MAX).filter(|c| GeneralCategory::for_char(*c) == GeneralCategory::DecimalNumber);
        let values: Vec<u32> = all.map(|c| digit(c).and_then(|c| c.to_digit(10)).unwrap()).collect();
        assert!(values.len() >= 680, "{}", values.len());
        assert!(values.chunks(10).all(|set| set == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    }

    #[test]
    fn normalises_identifiers_and_strips_invisible_characters() {
        for (typed, meant) in [
            ("ada_1", "ada_1"),
            ("\u{3000}ada\u{200b}_1 ", "ada_1"),
            ("＠ａｄａ＿１", "@ada_1"),
            ("a\u{ad}da_١", "ada_1"),
            ("\u{202a}ada@kith.example\u{202c}", "ada@kith.example"),
            ("ada–x@kith.example", "ada-x@kith.example"),
            ("аda", "аda"),
        ] {
            assert_eq!(identifier(typed), meant, "{typed:?}");
        }
        assert_eq!(identifier("a\r\nb\0"), "a\r\nb\0", "control characters are for others to refuse");
    }

    #[test]
    fn normalises_addresses_but_preserves_international_domains() {
        for (typed, meant) in [
            ("ada٢＠ｋｉｔｈ٢.example\u{200d}", "ada2@kith2.example"),
            ("a\u{200c}da@نامه\u{200c}ای.example\u{202c} ", "ada@نامه\u{200c}ای.example"),
            ("ada٢@مثال٢.example", "ada2@مثال٢.example"),
        ] {
            assert_eq!(address(typed), meant, "{typed:?}");
        }
    }
}
