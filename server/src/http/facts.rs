//! Collects the facts of a request before any handler runs: the client's address, and the session cookie.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, header};
use ipnetwork::IpNetwork;

use crate::{
    Server,
    base::{client::Client, random::Token},
    http::cookies::Cookie,
    identity::sessions::{
        SessionKey,
        request::{Brought, Facts},
    },
};

/// The other end of the connection. The code that accepts connections puts it into the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Reads the facts and stores them for [`crate::identity::sessions::request::Request`].
///
/// Removes all cookies from the request: the session layer behind never sees an id from outside, so it can neither
/// adopt nor restore one; it only ever opens new sessions.
pub async fn facts(State(server): State<Server>, mut request: Request<Body>, next: Next) -> Response {
    let origin = &server.config().origin;
    let headers = request.headers();
    let session = Cookie::Session.read(origin, headers).and_then(|value| SessionKey::of_cookie(&value));
    let flow = Cookie::Flow.read(origin, headers).and_then(|value| Token::parse(&value));
    let proof = Cookie::Proof.read(origin, headers).and_then(|value| Token::parse(&value));
    let oauth = Cookie::OAuth.read(origin, headers).and_then(|value| Token::parse(&value));
    let shown = Shown {
        theme: Cookie::Theme.read(origin, headers),
        flash: Cookie::Flash.read(origin, headers),
        link: Cookie::Link.read(origin, headers).and_then(|value| Token::parse(&value)),
        draft: Cookie::Draft.read(origin, headers),
    };
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    let client =
        Client { ip: client_ip(peer, headers, &server.config().trusted_proxies), user_agent: user_agent(headers) };
    let browser = Cookie::Browser.read(origin, headers).and_then(|value| Token::parse(&value));
    let facts = Facts::new(server.clone(), client, Brought { cookie: session, flow, proof, oauth, browser });
    request.headers_mut().remove(header::COOKIE);
    let facts = Arc::new(facts);
    request.extensions_mut().insert(Arc::clone(&facts));
    request.extensions_mut().insert(shown);
    let mut response = next.run(request).await;
    if facts.claimed.load(Ordering::Acquire) {
        remember_browser(&mut response, &server, &facts.browser);
    } else {
        keep_session(&mut response, &server);
    }
    response
}

/// Removes the cookie of a session that was opened but given to no user (another request was faster): it must not
/// replace the browser's own.
fn keep_session(response: &mut Response, server: &Server) {
    let origin = &server.config().origin;
    let session = format!("{}=", Cookie::Session.name(origin));
    let removal = Cookie::Session.remove(origin);
    let lines: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    response.headers_mut().remove(header::SET_COOKIE);
    for line in lines {
        if !line.as_bytes().starts_with(session.as_bytes()) || Some(&line) == removal.as_ref() {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }
}

/// Sets the known-browser cookie after a sign-in, with the longest lifetime that browsers allow.
fn remember_browser(response: &mut Response, server: &Server, browser: &Token) {
    let origin = &server.config().origin;
    let session = format!("{}=", Cookie::Session.name(origin));
    let removal = Cookie::Session.remove(origin);
    let signed_in = response
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .any(|line| line.as_bytes().starts_with(session.as_bytes()) && Some(line) != removal.as_ref());
    if signed_in && let Some(cookie) = Cookie::Browser.set(origin, &browser.text(), Some(FOUR_HUNDRED_DAYS)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// The longest lifetime of a cookie in browsers.
const FOUR_HUNDRED_DAYS: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// The cookies that only pages read. They may contain anything: their readers validate them.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    pub theme: Option<String>,
    pub flash: Option<String>,
    /// The token of an e-mail link.
    pub link: Option<Token>,
    /// A form that the user typed before they had to elevate the session.
    pub draft: Option<String>,
}

fn user_agent(headers: &HeaderMap) -> String {
    let header = headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    crate::base::text::clean_line(&header.unwrap_or_default()).chars().take(400).collect()
}

/// Returns the client's address: the socket's, unless that is a trusted proxy: then the right-most reported address
/// that is no trusted proxy itself. Addresses further left were written by the sender of the request.
fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNetwork]) -> IpAddr {
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
