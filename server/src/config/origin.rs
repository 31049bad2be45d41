//! The one address the site has. Links in mails, the origin check and cookies are made from it, never from a request.

use std::{fmt, net::IpAddr, str::FromStr};

/// Scheme, host and port of the site. https, or http on a loopback name in development.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: &'static str,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Without scheme and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// As a Host header has it: with the port when it is not the scheme's own.
    pub fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// Whether an authority, such as a `Host` header, names this site. The scheme's own port and the final dot of a fully
    /// qualified name make no difference (RFC 3986, 3.2).
    pub fn is_named_by(&self, authority: &str) -> bool {
        // A colon within brackets belongs to an IPv6 address.
        let (host, port) =
            authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')).unwrap_or((authority, ""));
        let port = match port {
            "" => Some(None),
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().map(Some),
            _ => None,
        };
        let usual = usual_port(self.scheme);
        port.is_some_and(|port| port.unwrap_or(usual) == self.port.unwrap_or(usual))
            && without_dot(host).eq_ignore_ascii_case(without_dot(&self.host))
    }

    /// Whether an `Origin` header is this origin, by the same rules.
    pub fn is_same(&self, origin: &str) -> bool {
        origin.split_once("://").is_some_and(|(scheme, authority)| scheme == self.scheme && self.is_named_by(authority))
    }

    /// Whether browsers reach it encrypted; cookies are `Secure` and `__Host-` then.
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether it is this very machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// An absolute URL of ours. `path` starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

/// Whether a host name (with or without a port) is one of this machine's own.
pub fn is_loopback(host: &str) -> bool {
    let name = host
        .strip_prefix('[')
        .and_then(|rest| rest.split(']').next())
        .unwrap_or_else(|| host.split(':').next().unwrap_or_default());
    let name = without_dot(name);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

fn usual_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: http::Uri = text.trim_end_matches('/').parse().map_err(|_| "is not an address.")?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("must begin with https:// and a name.");
        };
        if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
            return Err("must end after the name, with no path.");
        }
        let host = authority.host().to_ascii_lowercase();
        let scheme = match scheme {
            "https" => "https",
            "http" if is_loopback(&host) => "http",
            "http" => return Err("must begin with https:// (http:// only works for this very machine)."),
            _ => return Err("must begin with https://."),
        };
        Ok(Self { scheme, host, port: authority.port_u16().filter(|port| *port != usual_port(scheme)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_port_and_a_final_dot_name_the_same_site() {
        for (origin, same, other) in [
            (
                "https://kith.example",
                &[
                    "kith.example",
                    "KITH.Example",
                    "kith.example:443",
                    "kith.example.",
                    "kith.example.:443",
                    "kith.example:",
                ][..],
                &[
                    "",
                    ".",
                    "kith.example:80",
                    "kith.example:4430",
                    "kith.example:+443",
                    "kith.example:443:443",
                    "kith.example:x",
                    "kith.example..",
                    ".kith.example",
                    "a@kith.example",
                    "kith.example/",
                    "kith.example:70000",
                    "evil.example",
                    "kith.example.evil.example",
                ][..],
            ),
            (
                "https://kith.example:8443",
                &["kith.example:8443", "kith.example.:8443"],
                &["kith.example", "kith.example:443", "kith.example."],
            ),
            ("https://kith.example.", &["kith.example", "kith.example.:443"], &["kith.example.."]),
            ("http://localhost", &["localhost", "localhost:80", "localhost."], &["localhost:443", "127.0.0.1"]),
            ("http://[::1]", &["[::1]", "[::1]:80"], &["[::1]:443", "::1", "[::1", "[::2]"]),
            ("https://[2001:db8::1]:8443", &["[2001:DB8::1]:8443"], &["[2001:db8::1]"]),
        ] {
            let origin: Origin = origin.parse().unwrap();
            for name in same {
                assert!(origin.is_named_by(name), "{origin} {name}");
            }
            for name in other {
                assert!(!origin.is_named_by(name), "{origin} {name}");
            }
        }
    }

    #[test]
    fn only_https_and_this_machine_are_origins() {
        for good in ["https://kith.example", "https://kith.example:8443", "http://127.0.0.1:3000", "http://[::1]:3000"]
        {
            assert_eq!(good.parse::<Origin>().map(|o| o.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "kith.example",
            "http://kith.example",
            "ftp://x",
            "https://a@b",
            "https://a/b",
            "http://127.0.0.1.evil.example",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}
