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
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
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
        let usual = if scheme == "https" { 443 } else { 80 };
        Ok(Self { scheme, host, port: authority.port_u16().filter(|port| *port != usual) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
