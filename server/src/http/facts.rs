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

use super::client_ip::client_ip;
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
    let shown = PageCookies {
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
        remove_unclaimed_session(&mut response, &server);
    }
    response
}

/// Removes the cookie of a session that was opened but given to no user (another request was faster): it must not
/// replace the browser's own.
fn remove_unclaimed_session(response: &mut Response, server: &Server) {
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
pub struct PageCookies {
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
