//! The address of the client: of the connection, or as a trusted proxy reports it.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnetwork::IpNetwork;

/// Returns the client's address: the socket's, unless that is a trusted proxy: then the right-most reported address
/// that is no trusted proxy itself. Addresses further left were written by the sender of the request.
pub(super) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNetwork]) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(ip));
    let peer = peer.to_canonical();
    if !is_trusted(peer) {
        return peer;
    }
    let mut last = peer;
    for hop in hops(headers).into_iter().rev() {
        // A hop that is no address was not written by a proxy of ours: nothing left of it is trustworthy.
        let Some(ip) = hop else { return last };
        last = ip.to_canonical();
        if !is_trusted(last) {
            return last;
        }
    }
    last
}

/// Returns the addresses of `Forwarded` (RFC 7239), or of `X-Forwarded-For` when there is none, from left to right.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let list = |name: &str| -> Vec<String> {
        let lines = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        lines.flat_map(|line| line.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>()).collect()
    };
    let (forwarded, x_forwarded) = (list("forwarded"), list("x-forwarded-for"));
    // Proxies write one of them and pass the other on unchanged: with both, we cannot tell which one the visitor wrote.
    if !forwarded.is_empty() && !x_forwarded.is_empty() {
        return Vec::new();
    }
    if forwarded.is_empty() {
        return x_forwarded.iter().map(|hop| address(hop)).collect();
    }
    forwarded
        .iter()
        .map(|hop| {
            let pair = hop
                .split(';')
                .find_map(|pair| pair.trim().split_once('=').filter(|(k, _)| k.eq_ignore_ascii_case("for")));
            pair.and_then(|(_, value)| address(value.trim_matches('"')))
        })
        .collect()
}

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(ip, _)| ip);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::client::Client;

    fn ip(peer: &str, pairs: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        client_ip(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    // M17.
    #[test]
    fn ignores_forwarding_headers_from_untrusted_clients() {
        for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
            assert_eq!(ip("203.0.113.9", &[(name, "for=198.51.100.1")]), "203.0.113.9");
        }
    }

    // M17.
    #[test]
    fn uses_the_rightmost_untrusted_hop_behind_a_proxy() {
        assert_eq!(ip("10.0.0.1", &[("x-forwarded-for", "198.51.100.7, 203.0.113.9")]), "203.0.113.9");
        assert_eq!(ip("10.0.0.1", &[("x-forwarded-for", "198.51.100.7, 203.0.113.9, 10.2.3.4")]), "203.0.113.9");
        assert_eq!(
            ip("10.0.0.1", &[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-for", "203.0.113.9:1234")]),
            "203.0.113.9"
        );
        assert_eq!(
            ip("::1", &[("forwarded", "for=198.51.100.7;proto=https, for=\"[2001:db8::1]:4711\"")]),
            "2001:db8::1"
        );
        assert_eq!(ip("10.0.0.1", &[("x-forwarded-for", "203.0.113.9, nonsense")]), "10.0.0.1");
        assert_eq!(ip("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(
            ip("10.0.0.1", &[("forwarded", "for=198.51.100.7"), ("x-forwarded-for", "203.0.113.9")]),
            "10.0.0.1"
        );
        assert_eq!(ip("::ffff:203.0.113.9", &[]), "203.0.113.9");
    }

    // M17.
    #[test]
    fn counts_one_ipv6_network_as_one_client() {
        let key = |ip: &str| Client { ip: ip.parse().unwrap(), user_agent: String::new() }.limit_key();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
    }
}
