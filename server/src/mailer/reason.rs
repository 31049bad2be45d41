//! Cleans the response of a mail server for storage: it may repeat any part of the mail it refused.

/// The most characters; a longer text is no more useful.
const MAX_CHARS: usize = 300;
/// The number of digits of a code; dates and status codes have fewer in a row.
const CODE: usize = 6;
/// From this length on, letters and digits in a row may be a link's token.
const TOKEN: usize = 40;

/// Returns one short line, without addresses and without anything that could be a code or a token.
pub(super) fn clean(message: &str) -> String {
    let line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CHARS).collect();
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

fn word(word: &str) -> &str {
    let longest = |part: fn(char) -> bool| word.split(|c| !part(c)).map(str::len).max().unwrap_or_default();
    let secret = longest(|c| c.is_ascii_digit()) >= CODE
        || longest(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') >= TOKEN;
    if secret || word.contains('@') { "…" } else { word }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn removes_addresses_codes_and_links_from_delivery_errors() {
        let message = "permanent error (550): 5.7.1 <Ada@Kith.Example>: spam:\r\n042137 is your code, \
                    https://kith.example/x?token=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcdefg";
        assert_eq!(clean(message), "permanent error (550): 5.7.1 … spam: … is your code, …");
        assert_eq!(clean(&"long ".repeat(200)).len(), 299);
    }
}
