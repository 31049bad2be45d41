//! Making typed text safe to store and to show: one normal form, no invisible tricks.

use unicode_normalization::UnicodeNormalization;

/// Characters that change how the text around them reads, or that nobody can see: bidirectional controls, zero-width
/// marks, letters without ink, and the control characters. (The joiners stay: emoji and several scripts are written with them.)
fn is_trick(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || c.is_control()
}

/// One line: NFC, no tricks, runs of white space as one space, trimmed. Empty when nothing can be seen in it.
pub fn clean_line(text: &str) -> String {
    let kept: String = text.nfc().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_trick(*c)).collect();
    let line = kept.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if has_ink(&line) { line } else { String::new() }
}

/// Several lines: NFC, `\n` between them, no tricks, trimmed. Empty when nothing can be seen in it.
pub fn clean_lines(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = unix.nfc().filter(|c| *c == '\n' || *c == '\t' || !is_trick(*c)).collect();
    let trimmed = kept.trim();
    if has_ink(trimmed) { trimmed.to_owned() } else { String::new() }
}

/// Whether any of it leaves a mark on the page.
fn has_ink(text: &str) -> bool {
    text.chars()
        .any(|c| !c.is_whitespace() && !matches!(c, '\u{200c}' | '\u{200d}' | '\u{00ad}' | '\u{2800}' | '\u{fe0f}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m14_a_line_loses_its_tricks_and_its_breaks() {
        assert_eq!(clean_line("  Ada\u{202e} \n Marlow\u{200b}\0 "), "Ada Marlow");
        assert_eq!(clean_line("\u{200d}\u{3164}"), "");
        assert_eq!(clean_line("a\u{61c}\u{115f}\u{180e}\u{ffa0}b"), "ab");
        assert_eq!(clean_line("👩\u{200d}💻"), "👩\u{200d}💻");
    }

    #[test]
    fn lines_keep_their_breaks() {
        assert_eq!(clean_lines("a\r\nb\rc\u{feff}\n\n"), "a\nb\nc");
    }
}
