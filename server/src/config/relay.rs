//! The mail server, as one address in the settings.

use std::fmt;

use lettre::transport::smtp::{
    authentication::Credentials,
    client::{Certificate, CertificateStore, Tls, TlsParameters},
};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::config;

/// The ports of RFC 8314 and RFC 5321.
const SUBMISSIONS: u16 = 465;
const SUBMISSION: u16 = 587;
const SMTP: u16 = 25;

/// A mail server and the way to connect to it: always encrypted, unless it is on this machine.
#[derive(Clone)]
pub struct Relay {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) credentials: Option<Credentials>,
    ca: Option<Certificate>,
}

/// The start of encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    /// From the first byte.
    Implicit,
    /// With STARTTLS; a server that does not offer it gets no mail.
    StartTls,
    /// Never.
    Clear,
}

impl Relay {
    /// Parses an address, or returns the reason why it is unusable.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if config::has_unencoded_credentials(text, &["tls"]) {
            return Err(config::PERCENT_ENCODE);
        }
        let url: Url = text.parse().map_err(|_| "must be an address such as smtps://user:password@mail.example.")?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("must name a host.")?;
        let (security, default_port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Implicit, SUBMISSIONS),
            ("smtp", Some("tls=required")) => (Security::StartTls, SUBMISSION),
            ("smtp", None) if config::is_loopback(host) => (Security::Clear, SMTP),
            ("smtp", None) => return Err("would send in clear: use smtps://, or add ?tls=required."),
            ("smtp" | "smtps", _) => return Err("may end in ?tls=required (after smtp://) and nothing else."),
            _ => return Err("must begin with smtps:// or smtp://."),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("must end after the host and port; write # and / in a password as %23 and %2F.");
        }
        let plain = |part| percent_decode_str(part).decode_utf8().map(|text| text.into_owned());
        let credentials = match url.password() {
            None if url.username().is_empty() => None,
            None => return Err("has a user but no password."),
            Some(password) => {
                let unreadable = |_| "has a user or password that is not UTF-8.";
                Some(Credentials::new(plain(url.username()).map_err(unreadable)?, plain(password).map_err(unreadable)?))
            }
        };
        // Brackets belong to the notation, not to the IPv6 address.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port().unwrap_or(default_port);
        let relay = Self { host, port, security, credentials, ca: None };
        relay.tls().map_err(|_| "names a host that no certificate can be for.")?;
        Ok(relay)
    }

    /// Returns the same relay, but its certificate must come from the authority in `pem`.
    pub fn believing_only(mut self, pem: &str) -> Result<Self, &'static str> {
        let message = "must be certificates in PEM form.";
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(message);
        }
        self.ca = Some(Certificate::from_pem(pem.as_bytes()).map_err(|_| message)?);
        self.tls().map_err(|_| message)?;
        Ok(self)
    }

    /// Returns the TLS settings.
    pub(crate) fn tls(&self) -> Result<Tls, lettre::transport::smtp::Error> {
        let builder = TlsParameters::builder(self.host.clone());
        let parameters = match &self.ca {
            Some(ca) => builder.certificate_store(CertificateStore::None).add_root_certificate(ca.clone()).build()?,
            None => builder.build()?,
        };
        Ok(match self.security {
            Security::Implicit => Tls::Wrapper(parameters),
            Security::StartTls => Tls::Required(parameters),
            Security::Clear => Tls::None,
        })
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relay({}:{}, {:?})", self.host, self.port, self.security)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_relays_require_encryption() {
        for (text, port, security) in [
            ("smtps://mail.example", 465, Security::Implicit),
            ("smtps://u:p@mail.example:4650", 4650, Security::Implicit),
            ("smtp://u:p@mail.example?tls=required", 587, Security::StartTls),
            ("smtp://localhost", 25, Security::Clear),
            ("smtp://127.0.0.1:1025", 1025, Security::Clear),
            ("smtp://[::1]:1025", 1025, Security::Clear),
        ] {
            let relay = Relay::parse(text).expect(text);
            assert_eq!((relay.port, relay.security), (port, security), "{text}");
        }
        for text in [
            "mail.example",
            "http://mail.example",
            "smtp://mail.example",
            "smtp://mail.example?tls=opportunistic",
            "smtp://mail.example?tls=opportunistic&tls=required",
            "smtp://localhost?tls=opportunistic",
            "smtp://localhost.evil.example",
            "smtp://user@localhost",
            "smtps://mail.example/name",
            "smtps://",
        ] {
            assert!(Relay::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn decodes_relay_passwords_and_never_prints_them() {
        let relay = Relay::parse("smtps://me%40example:hunter2%23%2F@mail.example").unwrap();
        let expected = Credentials::new("me@example".into(), "hunter2#/".into());
        assert!(relay.credentials == Some(expected));
        assert_eq!(format!("{relay:?}"), "Relay(mail.example:465, Implicit)");
    }

    #[test]
    fn refuses_invalid_certificate_authorities() {
        for pem in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(Relay::parse("smtps://mail.example").unwrap().believing_only(pem).is_err(), "{pem}");
        }
    }
}
