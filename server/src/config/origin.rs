//! The one address of the site. Links in mails, the origin check and cookies are made from it, never from a request.

use std::{fmt, net::IpAddr, str::FromStr};

use url::Url;

/// Scheme, host and port of the site: https, or http on a loopback name in development.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: &'static str,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Returns the host, without scheme and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the host for mail: an IP address in brackets (RFC 5321, 4.1.3).
    pub fn mail_domain(&self) -> String {
        match self.host.trim_matches(['[', ']']).parse() {
            Ok(IpAddr::V4(ip)) => format!("[{ip}]"),
            Ok(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
            Err(_) => self.host.clone(),
        }
    }

    /// Returns the value of a Host header: with the port when it is not the default of the scheme.
    pub fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// Returns true if an authority, such as a `Host` header, names this site. The default port of the scheme and the
    /// final dot of a fully qualified name make no difference (RFC 3986, 3.2).
    pub fn is_named_by(&self, authority: &str) -> bool {
        // A colon within brackets belongs to an IPv6 address.
        let (host, port) =
            authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')).unwrap_or((authority, ""));
        let port = match port {
            "" => Some(None),
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().map(Some),
            _ => None,
        };
        let default_port = standard_port(self.scheme);
        port.is_some_and(|port| port.unwrap_or(default_port) == self.port.unwrap_or(default_port))
            && without_dot(host).eq_ignore_ascii_case(without_dot(&self.host))
    }

    /// Returns true if an `Origin` header is this origin, by the same rules.
    pub fn is_same(&self, origin: &str) -> bool {
        origin.split_once("://").is_some_and(|(scheme, authority)| scheme == self.scheme && self.is_named_by(authority))
    }

    /// Returns true if browsers use HTTPS; cookies are `Secure` and `__Host-` then.
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Returns true if the host is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Returns an absolute URL of this site. `path` starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

/// Returns true if a host name (with or without a port) means this machine.
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

fn standard_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim_end_matches('/');
        let uri: http::Uri = text.parse().map_err(|_| unreadable(text))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("must begin with https:// and a name.".to_owned());
        };
        if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
            return Err("must end after the name, with no path.".to_owned());
        }
        let host = authority.host().to_ascii_lowercase();
        let scheme = match scheme {
            "https" => "https",
            "http" if is_loopback(&host) => "http",
            "http" => return Err("must begin with https:// (http:// only works for this very machine).".to_owned()),
            _ => return Err("must begin with https://.".to_owned()),
        };
        // In the spelling of browsers, or the addresses they send would never equal ours.
        match Url::parse(&format!("https://{host}")).ok().as_ref().and_then(Url::host_str) {
            Some(name) if name == host => {}
            Some(name) => return Err(format!("must be written as browsers write it: {scheme}://{name}.")),
            None => return Err("has a name that no site can have.".to_owned()),
        }
        let port = port(&authority.as_str()[host.len()..])?.filter(|port| *port != standard_port(scheme));
        Ok(Self { scheme, host, port })
    }
}

/// Returns the port from the text after the host: nothing, or a colon and a number.
fn port(text: &str) -> Result<Option<u16>, String> {
    let reason = "has a port that is none: it must be a number from 1 to 65535.";
    match text.strip_prefix(':') {
        None => Ok(None),
        Some(digits) => match digits.parse() {
            Ok(0) | Err(_) => Err(reason.to_owned()),
            Ok(port) => Ok(Some(port)),
        },
    }
}

/// Returns the reason why `text` is no address. A name with letters beyond ASCII is shown in its correct form.
fn unreadable(text: &str) -> String {
    match Url::parse(text).ok().filter(|_| !text.is_ascii()).as_ref().and_then(Url::host_str) {
        Some(name) => format!("has a name with letters beyond ASCII: write {name}."),
        None => match text.rsplit_once(':') {
            Some((_, digits)) if digits.parse::<u16>().is_err() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                "has a port that is none: it must be a number from 1 to 65535.".to_owned()
            }
            _ => "is not an address.".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_hosts_with_default_port_or_final_dot() {
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
    fn accepts_only_https_or_loopback_origins() {
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

    #[test]
    fn explains_unusable_ports_and_host_names() {
        for (text, reason) in [
            ("https://kith.example:99999", "1 to 65535"),
            ("https://kith.example:65536", "1 to 65535"),
            ("https://kith.example:0", "1 to 65535"),
            ("https://kith.example:", "1 to 65535"),
            ("http://localhost:300000", "1 to 65535"),
            ("http://[::1]:99999", "1 to 65535"),
            ("https://bücher.example", "xn--bcher-kva.example"),
            ("https://bücher.example:8443/", "xn--bcher-kva.example"),
            ("https://BÜCHER.example", "xn--bcher-kva.example"),
            ("https://例え.jp", "xn--r8jz45g.jp"),
            ("https://0x7f.1", "https://127.0.0.1"),
        ] {
            let said = text.parse::<Origin>().expect_err(text);
            assert!(said.contains(reason), "{text}: {said}");
        }
        assert_eq!(
            "https://KITH.example:443".parse::<Origin>().map(|o| o.to_string()),
            Ok("https://kith.example".into())
        );
    }

    #[test]
    fn mail_domain_brackets_ip_addresses() {
        for (origin, domain) in [
            ("https://kith.example:8443", "kith.example"),
            ("https://203.0.113.5", "[203.0.113.5]"),
            ("http://[::1]:3000", "[IPv6:::1]"),
        ] {
            assert_eq!(origin.parse::<Origin>().unwrap().mail_domain(), domain);
        }
    }
}
