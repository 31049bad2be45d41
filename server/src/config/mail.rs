//! MailSettings settings: transport and sender.

use std::time::Duration;

use super::{ConfigError, Origin, Source, wrong};
use crate::config::Relay;

/// The most time for one mail; a job's lease is longer.
const MAIL_TIMEOUT: Duration = Duration::from_secs(30);

/// The mail settings.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `KITH_MAIL_FROM`: the sender (default `Kith <noreply@` the origin's host `>`).
    pub from: String,
    pub transport: Transport,
    /// The most time for one mail. Not a setting: only tests have less time.
    pub patience: Duration,
}

/// `KITH_MAIL`: `smtp`, `log` or, in development, `mailbox`.
#[derive(Clone, Debug)]
pub enum Transport {
    /// `KITH_SMTP_URL`: such as `smtps://user:password@mail.example:465`, or `smtp://…?tls=required`. `KITH_SMTP_CA`:
    /// certificates (PEM) of a private authority, then the only trusted one (default: the authorities that browsers
    /// trust).
    Smtp(Relay),
    /// Writes only a log line for each mail; for trying things out.
    Log,
    /// Stored in memory and shown at `/dev/mail`.
    #[cfg(feature = "dev")]
    Mailbox,
}

impl MailSettings {
    /// Reads the settings.
    pub(super) fn new(source: &Source, origin: &Origin) -> Result<Self, ConfigError> {
        let from = match source.get("KITH_MAIL_FROM") {
            Some(from) => from.to_owned(),
            None if origin.is_loopback() => "Kith <noreply@kith.example>".to_owned(),
            // The mail library cannot parse senders with address literals such as [203.0.113.5].
            None if origin.mail_domain() != origin.host() && source.get("KITH_SMTP_URL").is_some() => {
                return Err(wrong(
                    "KITH_MAIL_FROM",
                    "is not set. KITH_ORIGIN is an IP address, which is no domain for a sender: name one, such as \
                     Kith <noreply@kith.example>.",
                ));
            }
            None => format!("Kith <noreply@{}>", origin.host()),
        };
        check_sender(&from).map_err(|reason| wrong("KITH_MAIL_FROM", reason))?;
        let transport = match source.get("KITH_MAIL") {
            #[cfg(feature = "dev")]
            None | Some("mailbox") if origin.is_loopback() => Transport::Mailbox,
            None if source.get("KITH_SMTP_URL").is_none() => Transport::Log,
            Some("log") => Transport::Log,
            None | Some("smtp") => {
                let url = source.need(
                    "KITH_SMTP_URL",
                    "It says where mail goes out, such as smtps://user:password@mail.example.",
                )?;
                let relay = Relay::parse(url).map_err(|reason| wrong("KITH_SMTP_URL", reason))?;
                Transport::Smtp(match source.get("KITH_SMTP_CA") {
                    None => relay,
                    Some(pem) => relay.believing_only(pem).map_err(|reason| wrong("KITH_SMTP_CA", reason))?,
                })
            }
            Some(_) => return Err(wrong("KITH_MAIL", "must be smtp or log.")),
        };
        Ok(Self { from, transport, patience: MAIL_TIMEOUT })
    }
}

/// Returns an error if this sender is unusable. Most mail servers accept only ASCII in addresses (RFC 6531 is rare).
fn check_sender(from: &str) -> Result<(), String> {
    let shape = || "must be an address such as Kith <noreply@kith.example>.".to_owned();
    let email = from.parse::<lettre::message::Mailbox>().map_err(|_| shape())?.email;
    if !email.user().is_ascii() {
        return Err("has letters beyond ASCII before the @, which many mail servers refuse.".to_owned());
    }
    if !email.domain().is_ascii() {
        let domain = idna::domain_to_ascii(email.domain()).map_err(|_| shape())?;
        return Err(format!("has a domain with letters beyond ASCII: write {}@{domain}.", email.user()));
    }
    Ok(())
}
