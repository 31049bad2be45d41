//! Our cookies: written in one way, and read from the raw header, so that only a cookie counts that a browser would
//! treat as ours.

use std::time::Duration;

use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};

use crate::config::Origin;

/// A cookie. On an https origin its name has the `__Host-` prefix, which a browser only lets this very host set; on
/// http (this machine, in development) Safari would refuse that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The session.
    Session,
    /// The pending sign-up or code of this browser.
    Flow,
    /// The pending elevation code of this browser; separate, because elevation can interrupt another action.
    Proof,
    /// The message for the next page.
    Flash,
    /// Light, dark, or the system's choice.
    Theme,
    /// The known browser, for the users who signed in from it.
    Browser,
    /// The token of an e-mail link, moved out of the URL.
    Link,
    /// The form a user typed before they had to elevate the session.
    Draft,
    /// The pending authorization request or OAuth sign-up of this browser.
    OAuth,
}

/// Adds cookies to a response.
pub trait WithCookie {
    /// Adds a `Set-Cookie` header, if there is one.
    #[must_use]
    fn with_cookie(self, cookie: Option<HeaderValue>) -> Self;
}

impl<B> WithCookie for http::Response<B> {
    fn with_cookie(mut self, cookie: Option<HeaderValue>) -> Self {
        if let Some(cookie) = cookie {
            self.headers_mut().append(SET_COOKIE, cookie);
        }
        self
    }
}

impl Cookie {
    /// Returns its name on this origin.
    pub fn name(self, origin: &Origin) -> &'static str {
        match (self, origin.is_https()) {
            (Self::Session, true) => "__Host-id",
            (Self::Session, false) => "id",
            (Self::Flow, true) => "__Host-flow",
            (Self::Flow, false) => "flow",
            (Self::Proof, true) => "__Host-proof",
            (Self::Proof, false) => "proof",
            (Self::Flash, true) => "__Host-flash",
            (Self::Flash, false) => "flash",
            (Self::Theme, true) => "__Host-theme",
            (Self::Theme, false) => "theme",
            (Self::Browser, true) => "__Host-browser",
            (Self::Browser, false) => "browser",
            (Self::Link, true) => "__Host-link",
            (Self::Link, false) => "link",
            (Self::Draft, true) => "__Host-draft",
            (Self::Draft, false) => "draft",
            (Self::OAuth, true) => "__Host-oauth",
            (Self::OAuth, false) => "oauth",
        }
    }

    /// Returns its value in a request, only when the exact name occurs exactly once. Decodes and trims nothing beyond
    /// RFC 6265, so no other spelling passes for it.
    pub fn read(self, origin: &Origin, headers: &HeaderMap) -> Option<String> {
        let name = self.name(origin);
        let mut values = pairs(headers).filter(|(found, _)| *found == name.as_bytes()).map(|(_, value)| value);
        let value = values.next().filter(|_| values.next().is_none())?;
        std::str::from_utf8(value).ok().map(str::to_owned)
    }

    /// Returns a `Set-Cookie` that keeps `value` for `age`, or until the browser closes. `value` must need no escaping.
    pub fn set(self, origin: &Origin, value: &str, age: Option<Duration>) -> Option<HeaderValue> {
        let age = age.map_or_else(String::new, |age| format!("; Max-Age={}", age.as_secs()));
        let secure = if origin.is_https() { "; Secure" } else { "" };
        let name = self.name(origin);
        format!("{name}={value}; HttpOnly; SameSite=Lax{secure}; Path=/{age}").parse().ok()
    }

    /// Returns a `Set-Cookie` that removes it: with `Secure`, or browsers ignore it for a `__Host-` name.
    pub fn remove(self, origin: &Origin) -> Option<HeaderValue> {
        self.set(origin, "", Some(Duration::ZERO))
    }
}

/// Returns name and value of every cookie, as bytes: spaces and tabs around them belong to the header, everything else
/// to them.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers.get_all(COOKIE).iter().flat_map(|header| header.as_bytes().split(|b| *b == b';')).filter_map(|pair| {
        let at = pair.iter().position(|b| *b == b'=')?;
        Some((trim(&pair[..at]), trim(&pair[at + 1..])))
    })
}

fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |b: &u8| *b == b' ' || *b == b'\t';
    let start = bytes.iter().position(|b| !blank(b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !blank(b)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&[u8]]) -> Option<String> {
        let origin = "https://kith.example".parse().unwrap();
        let map = headers.iter().map(|h| (COOKIE, HeaderValue::from_bytes(h).unwrap())).collect();
        Cookie::Session.read(&origin, &map)
    }

    #[test]
    fn reads_the_session_only_from_exactly_one_exact_cookie() {
        assert_eq!(read(&[b"a=b; __Host-id=abc; c=d"]).as_deref(), Some("abc"));
        assert_eq!(read(&[b"a=b", b"__Host-id=abc"]).as_deref(), Some("abc"));
        for other in [
            &b"id=abc"[..],
            b"__host-id=abc",
            b"%5f%5fHost-id=abc",
            b"__Host%2did=abc",
            "\u{2000}__Host-id=abc".as_bytes(),
            "\u{a0}__Host-id=abc".as_bytes(),
            b"__Host-id=abc; __Host-id=abc",
            b"__Host-id=abc; x=1; __Host-id=def",
            b"",
            b"__Host-id",
        ] {
            assert_eq!(read(&[other]), None, "{}", String::from_utf8_lossy(other));
        }
        assert_eq!(read(&[b"__Host-id=abc", b"__Host-id=def"]), None);
    }

    #[test]
    fn removes_the_session_cookie_with_secure_attributes() {
        let origin = "https://kith.example".parse().unwrap();
        let removal = Cookie::Session.remove(&origin).unwrap();
        assert_eq!(removal, "__Host-id=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    }
}
