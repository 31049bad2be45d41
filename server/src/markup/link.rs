//! A link to the web, and what it is called: always by the host it really leads to.

use url::Url;

/// The most characters of what stands behind the host in a link's short name.
const PATH_MAX: usize = 24;

/// An address on the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    /// The host as the network knows it: international names in their ASCII form, so that no letter looks like another.
    pub host: String,
    /// The host and the beginning of the path, for where the address itself is the text.
    pub short: String,
}

impl Link {
    /// Reads an address; nothing unless it is `http:` or `https:` with a host.
    pub fn read(address: &str) -> Option<Self> {
        if address.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return None;
        }
        let mut url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let host = url.host_str().filter(|host| !host.is_empty())?.to_owned();
        // Somebody's password is nothing to publish, and `bank.example@` is no host.
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        let shown = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let rest = url[url::Position::BeforePath..].trim_end_matches('/');
        let rest = match rest.char_indices().nth(PATH_MAX) {
            Some((end, _)) => format!("{}…", &rest[..end]),
            None => rest.to_owned(),
        };
        Some(Self { short: format!("{shown}{port}{rest}"), host: shown, href: url.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_called_by_where_it_leads() {
        for (address, short) in [
            ("https://www.example.org/", "example.org"),
            ("https://example.org/a?b=c#d", "example.org/a?b=c#d"),
            ("http://example.org:8080/a", "example.org:8080/a"),
            ("https://example.org/a-very-long-path-indeed/it-is", "example.org/a-very-long-path-indeed…"),
            ("https://bank.example@evil.example/", "evil.example"),
            ("https://b\u{430}nk.example/", "xn--bnk-6cd.example"),
        ] {
            assert_eq!(Link::read(address).map(|link| link.short).as_deref(), Some(short), "{address}");
        }
        assert_eq!(Link::read("https://me:secret@example.org/").unwrap().href, "https://example.org/");
    }

    #[test]
    fn h38_only_the_web_is_linked() {
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
