//! How mail leaves, and in whose name.

use std::time::Duration;

use super::{ConfigError, Origin, Source, wrong};
use crate::mailer::Relay;

/// How long a mail server may take about one mail; a job's lease is longer.
const MAIL_PATIENCE: Duration = Duration::from_secs(30);

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `KITH_MAIL_FROM`: the sender (default `Kith <noreply@` the origin's host `>`).
    pub from: String,
    pub transport: Transport,
    /// The longest conversation about one mail. Not a setting: only tests have less time.
    pub patience: Duration,
}

/// `KITH_MAIL`: `smtp`, `log` or, in development, `mailbox`.
#[derive(Clone, Debug)]
pub enum Transport {
    /// `KITH_SMTP_URL`: such as `smtps://user:password@mail.example:465`, or `smtp://…?tls=required`. `KITH_SMTP_CA`:
    /// certificates (PEM) of an authority of one's own, the only one believed then (default: those browsers believe).
    Smtp(Relay),
    /// Only a line in the log that something would have been sent; for trying things out.
    Log,
    /// Kept in memory and shown at `/dev/mail`.
    #[cfg(feature = "dev")]
    Mailbox,
}

impl Mail {
    /// As the settings say.
    pub(super) fn new(source: &Source, origin: &Origin) -> Result<Self, ConfigError> {
        let from = match source.get("KITH_MAIL_FROM") {
            Some(from) => from.to_owned(),
            None if origin.is_loopback() => "Kith <noreply@kith.example>".to_owned(),
            None => format!("Kith <noreply@{}>", origin.host()),
        };
        if !from.parse::<lettre::message::Mailbox>().is_ok_and(|from| from.email.to_string().is_ascii()) {
            return Err(wrong("KITH_MAIL_FROM", "must be an address such as Kith <noreply@kith.example>."));
        }
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
                let relay = Relay::parse(url).map_err(|why| wrong("KITH_SMTP_URL", why))?;
                Transport::Smtp(match source.get("KITH_SMTP_CA") {
                    None => relay,
                    Some(pem) => relay.believing_only(pem).map_err(|why| wrong("KITH_SMTP_CA", why))?,
                })
            }
            Some(_) => return Err(wrong("KITH_MAIL", "must be smtp or log.")),
        };
        Ok(Self { from, transport, patience: MAIL_PATIENCE })
    }
}
