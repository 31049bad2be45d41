//! Normalizes typed text for storage and display: one normal form, no invisible characters, cuts only between letters.
//!
//! All facts about single characters come from the Unicode data in `icu_properties`; see [`unicode`] for the queries
//! and [`ignorable`] for the invisible characters that are kept.

mod ignorable;
mod path;
pub mod unicode;

pub(crate) use path::readable_path;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Returns one line: NFC, no invisible characters, runs of white space as one space, trimmed. Empty without visible
/// text.
pub fn clean_line(text: &str) -> String {
    let visible: String = visible(text).chars().map(|c| if unicode::is_blank(c) { ' ' } else { c }).collect();
    let line = visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if has_ink(&line) { line } else { String::new() }
}

/// Returns several lines: NFC, `\n` between them, no invisible characters, trimmed. Empty without visible text.
pub fn clean_lines(text: &str) -> String {
    let visible = visible(text);
    let trimmed = visible.trim();
    if has_ink(trimmed) { trimmed.to_owned() } else { String::new() }
}

/// Returns NFC without control characters and without invisible characters that have no effect on the text around them;
/// every line break is `\n`. Applying it twice changes nothing.
pub(crate) fn visible(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace(is_line_break, "\n");
    ignorable::remove(&unix).nfc().collect()
}

/// Returns at most the first `max_graphemes` user-perceived characters (grapheme clusters), with an ellipsis if something was
/// cut off.
pub fn excerpt(text: &str, max_graphemes: usize) -> String {
    match text.grapheme_indices(true).nth(max_graphemes) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// Returns true if any character of the text leaves a mark on the page.
pub(crate) fn has_ink(text: &str) -> bool {
    text.chars().any(unicode::has_ink)
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    // M14.
    #[test]
    fn clean_line_removes_invisible_characters_and_line_breaks() {
        assert_eq!(clean_line("  Ada\u{202e} \n Marlow\u{200b}\0 "), "Ada Marlow");
        assert_eq!(clean_line("\u{200d}\u{3164}"), "");
        assert_eq!(clean_line("a\u{61c}\u{115f}\u{180e}\u{ffa0}b"), "ab");
        assert_eq!(clean_line("👩\u{200d}💻"), "👩\u{200d}💻");
    }

    #[test]
    fn clean_lines_preserves_and_normalises_line_breaks() {
        assert_eq!(clean_lines("a\r\nb\rc\u{feff}\n\n"), "a\nb\nc");
        assert_eq!(clean_lines("a\u{2028}b\u{85}c\u{b}d"), "a\nb\nc\nd");
    }

    #[test]
    fn invisible_text_becomes_empty() {
        for invisible in [
            "\u{34f}",
            "\u{fe00}",
            "\u{fe0f}",
            "\u{1d173}",
            "\u{1d159}",
            "\u{17b4}\u{17b5}",
            "\u{2800}\u{2800}",
            "\u{200d} \u{200c}",
            "\u{ad}",
            "\u{301}",
            "\u{e0067}\u{e007f}",
            "\u{e0100}",
            "\u{fffa}",
            "\u{fffc}",
            "\u{13430}",
            "\u{3000}\u{a0}\u{205f}",
        ] {
            assert_eq!(clean_line(invisible), "", "{invisible:?}");
            assert_eq!(clean_lines(invisible), "", "{invisible:?}");
        }
    }

    #[test]
    fn clean_line_collapses_visual_gaps() {
        assert_eq!(clean_line("Ada\u{2800}\u{2800}\u{2800}Marlow"), "Ada Marlow");
        assert_eq!(clean_line("Ada \u{200d} \u{200c} \u{3164} Marlow"), "Ada Marlow");
        assert_eq!(clean_lines("⠁⠂\u{2800}\u{2800}⠃"), "⠁⠂\u{2800}\u{2800}⠃", "drawings keep their gaps");
    }

    #[test]
    fn excerpts_end_between_graphemes() {
        for (text, max_graphemes, wanted) in [
            ("hello", 5, "hello"),
            ("hello you", 6, "hello…"),
            ("👩\u{200d}👩\u{200d}👧👩\u{200d}👩\u{200d}👧", 1, "👩\u{200d}👩\u{200d}👧…"),
            ("🇩🇪🇫🇷", 1, "🇩🇪…"),
            ("हिन्दी", 1, "हि…"),
            ("e\u{301}\u{302}x", 1, "e\u{301}\u{302}…"),
        ] {
            assert_eq!(excerpt(text, max_graphemes), wanted, "{text}");
        }
    }
}
