//! Links with an address that a user wrote.

/// Returns the address if it is `http:` or `https:`, or a path on this site; otherwise `None`. Leptos writes any text
/// into `href`, `javascript:` included.
pub fn safe_href(address: &str) -> Option<String> {
    let address = address.trim();
    // Browsers drop tabs and line breaks inside an address before they read its scheme (URL § 4.4).
    if address.is_empty() || address.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let web = ["https://", "http://"].iter().any(|scheme| {
        address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && address[scheme.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '[')
    });
    let path = address.starts_with('/') && !address[1..].starts_with(['/', '\\']);
    (web || path).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_web_addresses_and_own_paths() {
        for good in ["https://example.org/a?b#c", "http://[::1]/", "HTTPS://example.org", "/posts/1", "/", "/#x"] {
            assert_eq!(safe_href(good).as_deref(), Some(good));
        }
    }

    #[test]
    fn refuses_other_schemes_and_ambiguous_addresses() {
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " java\tscript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https:///evil.example",
            "https://",
            "https:evil.example",
            "mailto:a@b",
            "",
            "\u{1}javascript:alert(1)",
        ] {
            assert_eq!(safe_href(bad), None, "{bad:?}");
        }
    }
}
