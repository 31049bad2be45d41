//! The links on a profile. [`Link`](crate::social::markup::Link) displays them.

use url::{Host, Url};

use crate::social::markup;

/// The most bytes of a stored address.
const MAX_BYTES: usize = 200;

/// Parses an address to the stored form, which is that of browsers; the scheme is optional. An error describes the
/// problem.
pub(super) fn parse(typed: &str) -> Result<String, &'static str> {
    const NONE: &str = "That is no address on the web. It looks like https://example.org.";
    if typed.chars().any(char::is_whitespace) || typed.starts_with(['/', '\\']) {
        return Err(NONE);
    }
    let with_scheme = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let url = Url::parse(&with_scheme).ok().filter(|_| markup::has_plain_host(&with_scheme)).ok_or(NONE)?;
    let named = matches!(url.host(), Some(Host::Domain(name)) if name.trim_matches('.').contains('.'));
    if !matches!(url.scheme(), "http" | "https") || !named {
        return Err(NONE);
    }
    // Text before an @ can look like the host, and passwords must not be published.
    if !url.username().is_empty() || url.password().is_some() {
        return Err("Leave out the name and password in front of the @.");
    }
    if url.as_str().len() <= MAX_BYTES {
        Ok(url.into())
    } else {
        Err("That address is too long: at most 200 characters.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_web_links_with_or_without_scheme() {
        for (typed, kept) in [
            ("https://example.org", "https://example.org/"),
            ("example.org/@ada", "https://example.org/@ada"),
            ("HTTP://Example.ORG/A", "http://example.org/A"),
            ("https://bücher.example", "https://xn--bcher-kva.example/"),
            ("https://example.org:8443/x?y#z", "https://example.org:8443/x?y#z"),
        ] {
            assert_eq!(parse(typed).as_deref(), Ok(kept), "{typed}");
        }
    }

    // H36.
    #[test]
    fn refuses_other_schemes_and_suspicious_hosts() {
        for typed in [
            "javascript:alert(1)",
            "javascript://example.org/%0aalert(1)",
            "data:text/html,<script>alert(1)</script>",
            "mailto:ada@example.org",
            "ftp://example.org",
            "https://",
            "https:///",
            "nowhere",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://2130706433/",
            "https://example.org@evil.example/",
            "https://me:secret@example.org/",
            "https://exa mple.org",
            "https://example.org/\nx",
            "//example.org",
            "\\\\example.org",
            "/posts/1",
            "\u{1}javascript:alert(1)",
            "https://e.example，好",
            "https://e.example。evil.example",
            "e.example／x",
        ] {
            assert!(parse(typed).is_err(), "{typed:?}: {:?}", parse(typed));
        }
        assert!(parse(&format!("https://example.org/{}", "x".repeat(200))).is_err());
    }
}
