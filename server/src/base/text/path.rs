//! Paths of addresses, for readers.

use percent_encoding::percent_decode_str;

use super::unicode;

/// Returns a readable path: letters of other scripts are decoded, everything else stays percent-encoded.
pub(crate) fn readable_path(path: &str) -> String {
    let mut readable = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(start) = rest.find('%') {
        let (before, encoded) = rest.split_at(start);
        readable.push_str(before);
        let count = encoded.as_bytes().chunks_exact(3).take_while(|part| is_beyond_ascii(part)).count();
        let (encoded, after) = encoded.split_at(if count == 0 { 1 } else { count * 3 });
        let decoded = percent_decode_str(encoded).decode_utf8().ok();
        let is_shown = |c: char| (c.is_alphanumeric() || unicode::is_mark(c)) && !unicode::is_invisible(c);
        match decoded.filter(|text| text.chars().all(is_shown)) {
            Some(letters) => readable.push_str(&letters),
            None => readable.push_str(encoded),
        }
        rest = after;
    }
    readable + rest
}

/// Returns true for `%80` to `%FF`: a part of a character.
fn is_beyond_ascii(encoded: &[u8]) -> bool {
    matches!(encoded, [b'%', b'8'..=b'9' | b'A'..=b'F' | b'a'..=b'f', second] if second.is_ascii_hexdigit())
}
