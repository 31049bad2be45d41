//! The addresses to which GitHub may redirect a browser.

use url::{Host, Url};

/// Returns true if an app registered with `callback` may request `wanted`: the same scheme, host (or one below it) and
/// port, and the same path or one below it. On a loopback address the port is free.
pub fn allowed(callback: &str, wanted: &str) -> bool {
    let (Ok(callback), Ok(wanted)) = (Url::parse(callback), Url::parse(wanted)) else { return false };
    wanted.scheme() == callback.scheme()
        && wanted.username().is_empty()
        && wanted.password().is_none()
        && wanted.fragment().is_none()
        && same_host(&callback, &wanted)
        && (wanted.port_or_known_default() == callback.port_or_known_default() || is_loopback(&callback))
        && below(callback.path(), wanted.path())
}

fn same_host(callback: &Url, wanted: &Url) -> bool {
    match (callback.host(), wanted.host()) {
        (Some(Host::Domain(ours)), Some(Host::Domain(theirs))) => {
            theirs == ours || theirs.strip_suffix(ours).is_some_and(|sub| sub.ends_with('.'))
        }
        (ours, theirs) => ours.is_some() && ours == theirs,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn below(ours: &str, theirs: &str) -> bool {
    theirs.strip_prefix(ours.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns `to` with these pairs added to its query.
pub fn with(to: &str, pairs: &[(&str, &str)]) -> Option<String> {
    let mut url = Url::parse(to).ok()?;
    url.query_pairs_mut().extend_pairs(pairs);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn allows_only_subdomains_and_subpaths_of_the_callback() {
        let callback = "http://example.com/path";
        for good in [
            "http://example.com/path",
            "http://example.com/path/subdir/other",
            "http://oauth.example.com/path",
            "http://oauth.example.com/path/subdir/other",
        ] {
            assert!(allowed(callback, good), "{good}");
        }
        for bad in [
            "http://example.com/bar",
            "http://example.com/",
            "http://example.com/pathology",
            "http://example.com/path/../bar",
            "http://example.com/path/%2e%2e/bar",
            "http://example.com:8080/path",
            "http://oauth.example.com:8080/path",
            "http://example.org",
            "http://badexample.com/path",
            "https://example.com/path",
            "http://example.com@evil.example/path",
            "http://user@example.com/path",
            "http://example.com/path#x",
            "/path",
            "",
        ] {
            assert!(!allowed(callback, bad), "{bad}");
        }
    }

    #[test]
    fn allows_any_port_on_the_same_loopback_address() {
        assert!(allowed("http://127.0.0.1/path", "http://127.0.0.1:1234/path"));
        assert!(allowed("http://[::1]:3000/path", "http://[::1]:4000/path"));
        assert!(!allowed("http://127.0.0.1/path", "http://127.0.0.2:1234/path"));
        assert!(!allowed("http://127.0.0.1/path", "http://localhost:1234/path"));
    }
}
