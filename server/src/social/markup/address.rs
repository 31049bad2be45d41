//! Finds the end of a bare address, and reads the address of a link.

use super::{Link, link, words};
use crate::base::text::unicode;

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// Reads the address at the start of `rest`: its length, and the link. Non-ASCII punctuation ends it, and so does a
/// character that no host can have; ASCII punctuation at its end belongs to the sentence.
pub(super) fn bare(text_before: &str, rest: &str) -> Option<(usize, Link)> {
    let before = text_before.chars().next_back();
    if before.is_some_and(|c| unicode::is_cased_or_number(c) && c != '_') {
        return None;
    }
    let is_scheme = |scheme: &&&str| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let start = SCHEMES.iter().find(is_scheme)?.len();
    let end = rest[start..].find(ends).map_or(rest.len(), |n| start + n);
    if is_cut_host(&rest[start..end], &rest[end..]) {
        return None;
    }
    let end = start + host_end(&rest[start..end]);
    let end = start + enclosed_end(before, &rest[start..end]);
    let end = sentence_end(text_before, &rest[..end]);
    let address = rest.get(..end).filter(|_| end > start)?;
    Some((end, Link::read(address)?))
}

/// Returns `true` if a character that no host can have cuts the host before its first dot, between letters: the rest
/// (`https://my` of `https://my‑site.example`) is another host than the intended one.
fn is_cut_host(host: &str, rest: &str) -> bool {
    let mut after = rest.chars();
    let is_sign = after.next().is_some_and(|c| !c.is_ascii() && !c.is_whitespace());
    is_sign && after.next().is_some_and(char::is_alphanumeric) && host.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// Returns the end of an address without its scheme: before a bracket that was opened before the address, and before
/// the star that ends the emphasis around it.
fn enclosed_end(before: Option<char>, address: &str) -> usize {
    let is_ipv6 = |at: usize| at == 0 || address.starts_with('[') && !address[..at].contains(']');
    let mut open = Vec::new();
    for (at, c) in address.char_indices() {
        match c {
            '(' => open.push(')'),
            '[' if !is_ipv6(at) => open.push(']'),
            ')' | ']' if !is_ipv6(at) => match open.iter().rposition(|close| *close == c) {
                Some(place) => open.truncate(place),
                None => return at,
            },
            '*' if before == Some('*') => return at,
            _ => {}
        }
    }
    address.len()
}

/// Reads the address of `[text](address)`; its scheme is optional.
pub(super) fn named(typed: &str) -> Option<Link> {
    let typed = typed.trim();
    if SCHEMES.iter().any(|scheme| typed.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))) {
        return Link::read(typed);
    }
    let host = link::authority(typed);
    let is_letter = |c: char| c.is_alphabetic() || unicode::is_mark(c);
    let domain = link::without_port(host).rsplit_once('.').is_some_and(|(name, end)| {
        let is_name =
            end.chars().all(is_letter) || end.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
        !name.is_empty() && !name.starts_with('.') && end.len() >= 2 && is_name
    });
    if domain && link::is_host(host) { Link::read(&format!("https://{typed}")) } else { None }
}

/// Returns true for a character that ends every address.
fn ends(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_control() || c.is_ascii_whitespace() || "<>\"`{}|\\^".contains(c)
    } else {
        let is_sign = unicode::is_punctuation(c) || unicode::is_symbol(c) && !unicode::is_pictorial(c);
        c.is_whitespace() || is_sign
    }
}

/// Returns the end of an address without its scheme, if a character in its host ends it; also before letters of another
/// script directly after an ASCII domain (`https://e.exampleを見て`).
fn host_end(address: &str) -> usize {
    let authority = link::authority(address);
    if authority.contains('@') || authority.starts_with('[') {
        return address.len();
    }
    let host_length = authority.find(|c| !link::is_host_char(c) && c != ':').unwrap_or(authority.len());
    let host = &authority[..host_length];
    let domain = host.rfind('.').map_or(0, |dot| dot + 1);
    let starts_ascii = host[domain..].starts_with(|c: char| c.is_ascii_alphanumeric());
    match host[domain..].find(|c: char| !c.is_ascii()).filter(|_| starts_ascii && domain > 0) {
        Some(n) => domain + n,
        None if host_length < authority.len() => host_length,
        None => address.len(),
    }
}

/// Returns the end of the address without the punctuation and emoji of the sentence around it. An underscore is kept
/// unless it ends emphasis.
fn sentence_end(before: &str, address: &str) -> usize {
    let mut end = address.len();
    while let Some(last) = address[..end].chars().next_back() {
        let unbalanced = |open: char| {
            let count = |sign: char| address[..end].matches(sign).count();
            count(last) > count(open)
        };
        let is_outside = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '~' => true,
            '_' => words::is_underscored(before),
            '\u{fe0f}' | '\u{200d}' => true,
            _ if unicode::is_pictorial(last) => true,
            ')' => unbalanced('('),
            ']' => unbalanced('['),
            '(' | '[' => true,
            _ => false,
        };
        if !is_outside {
            break;
        }
        end -= last.len_utf8();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_links_end_before_surrounding_text() {
        for (text, wanted) in [
            ("https://e.example，好", "https://e.example"),
            ("https://e.example/x”", "https://e.example/x"),
            ("https://e.example/foo。次の文", "https://e.example/foo"),
            ("https://e.example。evil.example", "https://e.example"),
            ("https://e.example／evil", "https://e.example"),
            ("https://e.example～x", "https://e.example"),
            ("https://e.example»", "https://e.example"),
            ("https://e.example…", "https://e.example"),
            ("https://e.example،", "https://e.example"),
            ("https://e.example؟", "https://e.example"),
            ("https://e.example।", "https://e.example"),
            ("https://e.example「x」", "https://e.example"),
            ("https://e.example🎉", "https://e.example"),
            ("https://e.example,x", "https://e.example"),
            ("https://e.exampleを見て", "https://e.example"),
            ("https://例え.jpを見て", "https://例え.jp"),
            ("https://例え.テスト/パス", "https://例え.テスト/パス"),
            ("https://ja.wikipedia.org/wiki/鈴虫 ", "https://ja.wikipedia.org/wiki/鈴虫"),
            ("https://e.example/__init__.py", "https://e.example/__init__.py"),
            ("https://e.example/a_(b))", "https://e.example/a_(b)"),
            ("https://e.example/x.", "https://e.example/x"),
            ("https://e.example/**", "https://e.example/"),
            ("HTTPS://e.example/?q=1&b=2#c!", "HTTPS://e.example/?q=1&b=2#c"),
            ("https://e.example:8080/x", "https://e.example:8080/x"),
            ("http://[::1]/x", "http://[::1]/x"),
            ("https://e.example/x)を見て", "https://e.example/x"),
            ("https://e.example/x]입니다", "https://e.example/x"),
            ("https://e.example/?a[]=1&b=(2)", "https://e.example/?a[]=1&b=(2)"),
            ("https://e.example/x🎉", "https://e.example/x"),
            ("https://e.example/x❤\u{fe0f}", "https://e.example/x"),
            ("https://e.example/🎉/x", "https://e.example/🎉/x"),
            ("https://192.168.0.1에서", "https://192.168.0.1"),
            ("https://e.example/x_", "https://e.example/x_"),
        ] {
            assert_eq!(bare("", text).map(|(length, _)| &text[..length]), Some(wanted), "{text}");
        }
        assert_eq!(bare("*", "https://e.example/x*好").map(|(length, _)| length), Some(19));
        assert_eq!(bare("_see ", "https://e.example/x_").map(|(length, _)| length), Some(19));
        for bad in [
            "https://my‑site.example",
            "https://ハリー・ポッター.jp",
            "https://",
            "https://，x",
            "https:// x",
            "http:/x",
            "https://...",
            "ftp://x.example",
        ] {
            assert_eq!(bare("", bad), None, "{bad}");
        }
        assert_eq!(bare("x", "https://e.example"), None);
    }

    #[test]
    fn named_links_may_omit_the_scheme() {
        for (typed, href) in [
            ("www.example.org", "https://www.example.org/"),
            ("example.org/about", "https://example.org/about"),
            ("http://example.org", "http://example.org/"),
            ("例え.テスト", "https://xn--r8jz45g.xn--zckzah/"),
            ("example.org:8080/a", "https://example.org:8080/a"),
            ("example.xn--p1ai", "https://example.xn--p1ai/"),
            ("x.சிங்கப்பூர்", "https://x.xn--clchc0ea0b2g2a9gcd/"),
        ] {
            assert_eq!(named(typed).map(|link| link.href).as_deref(), Some(href), "{typed}");
        }
        for bad in [
            "javascript:alert(1)",
            "/posts/1",
            "x",
            "1.5",
            "a b.example",
            "https://e.example，好",
            "",
            ".org",
            "mailto:a@b.example",
        ] {
            assert_eq!(named(bad), None, "{bad}");
        }
    }
}
