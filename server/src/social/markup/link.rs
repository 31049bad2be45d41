//! A link to the web, with a label that always names the real host.

use url::Url;

use crate::base::text::{self, readable_path, unicode};

/// The most characters after the host in a link's short label.
const PATH_MAX: usize = 24;

/// An address on the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    /// The host in DNS form: international names in ASCII, so that no letter looks like another.
    pub host: String,
    /// The host and the start of the path, as the label of a bare address.
    pub short: String,
}

impl Link {
    /// Parses an address; `None` unless it is `http:` or `https:` with a host.
    pub fn read(address: &str) -> Option<Self> {
        if address.chars().any(|c| c.is_control() || c.is_whitespace()) || !has_plain_host(address) {
            return None;
        }
        let mut url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let host = url.host_str().filter(|host| !host.is_empty())?.to_owned();
        // Credentials must not be published, and `bank.example@` is no host.
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        let shown = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let path = readable_path(url[url::Position::BeforePath..].trim_end_matches('/'));
        Some(Self { short: format!("{shown}{port}{}", text::excerpt(&path, PATH_MAX)), host: shown, href: url.into() })
    }
}

/// Returns the host, port and credentials of an address without its scheme.
pub(super) fn authority(address: &str) -> &str {
    &address[..address.find(['/', '?', '#', '\\']).unwrap_or(address.len())]
}

/// Returns true if the host of an address has only letters, digits, hyphens and dots. Browsers read some other
/// characters as a dot or a slash, or ignore them: such a host differs from what a reader sees.
pub(crate) fn has_plain_host(address: &str) -> bool {
    let authority = authority(address.split_once("://").map_or(address, |(_, rest)| rest));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.starts_with('[') || is_host(host)
}

/// Returns true for a host, with or without a port.
pub(super) fn is_host(host: &str) -> bool {
    let name = without_port(host);
    !name.is_empty() && name.chars().all(is_host_char) && name.chars().any(char::is_alphanumeric)
}

/// Returns the name in an authority without credentials.
pub(super) fn without_port(host: &str) -> &str {
    let is_port = |port: &str| port.chars().all(|c| c.is_ascii_digit());
    host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name)
}

pub(super) fn is_host_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '\u{200c}' | '\u{200d}') || unicode::is_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_links_to_their_real_host_and_path() {
        for (address, short) in [
            ("https://www.example.org/", "example.org"),
            ("https://example.org/a?b=c#d", "example.org/a?b=c#d"),
            ("http://example.org:8080/a", "example.org:8080/a"),
            ("https://example.org/a-very-long-path-indeed/it-is", "example.org/a-very-long-path-indeed…"),
            ("https://bank.example@evil.example/", "evil.example"),
            ("https://b\u{430}nk.example/", "xn--bnk-6cd.example"),
            ("https://ja.wikipedia.org/wiki/鈴虫", "ja.wikipedia.org/wiki/鈴虫"),
            ("https://hi.wikipedia.org/wiki/हिन्दी", "hi.wikipedia.org/wiki/हिन्दी"),
            ("https://example.org/%E2%80%AE%2F%20%zz", "example.org/%E2%80%AE%2F%20%zz"),
            ("https://example.org/%E9%88", "example.org/%E9%88"),
            ("https://example.org/%E3%85%A4", "example.org/%E3%85%A4"),
            ("https://example.org/%CD%8F", "example.org/%CD%8F"),
        ] {
            assert_eq!(Link::read(address).map(|link| link.short).as_deref(), Some(short), "{address}");
        }
        assert_eq!(Link::read("https://me:secret@example.org/").unwrap().href, "https://example.org/");
    }

    #[test]
    fn refuses_hosts_with_punctuation_or_symbols() {
        for sign in [
            "，",
            "。",
            "．",
            "｡",
            "／",
            "？",
            "＃",
            "＠",
            "“",
            "…",
            "～",
            "\u{2024}",
            "%EF%BC%8C",
            ",",
            "'",
            "❤",
            "\u{200b}",
        ] {
            for address in [format!("https://e.example{sign}evil.example/"), format!("https://{sign}/x")] {
                assert_eq!(Link::read(&address), None, "{address}");
            }
        }
    }

    // H38.
    #[test]
    fn links_only_http_and_https_addresses() {
        for bad in [
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "mailto:a@b.example",
            "//evil.example",
            "/posts/1",
            "https://",
            "https:///",
            "",
        ] {
            assert_eq!(Link::read(bad), None, "{bad:?}");
        }
    }
}
