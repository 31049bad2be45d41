//! The target of a redirect: always a path on this site.

/// Returns `next` when it is a path here (with its query), else `fallback`. `//x`, `/\x`, `https:` and control
/// characters, also when percent-encoded, are not paths.
pub fn safe_next<'a>(next: &'a str, fallback: &'a str) -> &'a str {
    if is_path(next) { next } else { fallback }
}

fn is_path(next: &str) -> bool {
    let Some(rest) = next.strip_prefix('/') else { return false };
    if next.len() > 2_000 || next.contains('\\') || !next.is_ascii() || next.bytes().any(|b| b <= b' ' || b == 0x7f) {
        return false;
    }
    // A second program may decode before it parses: a path that would then be another host is refused now.
    let path = rest.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let encoded_separators = ["%2f", "%5c", "%09", "%0a", "%0d", "%00", "%25"];
    let first = path.split('/').next().unwrap_or_default();
    !path.starts_with('/')
        && !encoded_separators.iter().any(|code| first.contains(code))
        && !path.split('/').any(|part| part == "." || part == "..")
        && next.parse::<http::Uri>().is_ok_and(|uri| uri.authority().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_paths_of_this_site() {
        for good in ["/", "/@ada", "/posts/1?x=https://y", "/settings/devices#d", "/@evil"] {
            assert_eq!(safe_next(good, "/no"), good);
        }
        for bad in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil",
            "/%09/evil.example",
            "/%5cevil.example",
            "/%2fevil.example",
            "%2f%2fevil",
            "https:evil.example",
            "https://good@evil",
            "javascript:alert(1)",
            "evil.example",
            "/..//evil.example",
            "/a/../b",
            "/\tx",
            "/\r\nSet-Cookie: a=b",
            " /x",
            "/\u{a0}x",
            "/%252fevil",
        ] {
            assert_eq!(safe_next(bad, "/no"), "/no", "{bad:?}");
        }
        assert_eq!(safe_next(&format!("/{}", "a".repeat(3_000)), "/no"), "/no");
    }
}
