//! SMTP, always encrypted unless the server is this very machine.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{Mailbox, MultiPart, header},
    transport::smtp::extension::ClientId,
};
use secrecy::{ExposeSecret, SecretString};

use super::{Mail, MailError};
use crate::config::Origin;

/// How long one step of a conversation may take. The worker has other mails to carry.
const PATIENCE: Duration = Duration::from_secs(30);

/// A pool of connections to one mail server.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    domain: String,
}

/// Says why an SMTP address cannot be used. In clear is only for this machine.
pub fn check_url(url: &str) -> Result<(), &'static str> {
    let uri: http::Uri = url.parse().map_err(|_| "must be an address such as smtps://user:password@mail.example.")?;
    let host = uri.host().unwrap_or_default();
    let encrypted = match uri.scheme_str() {
        Some("smtps") => true,
        Some("smtp") => uri.query().is_some_and(|q| q.split('&').any(|p| p == "tls=required")),
        _ => return Err("must begin with smtps:// or smtp://."),
    };
    if !encrypted && !crate::config::is_loopback(host) {
        return Err("would send in clear: use smtps://, or add ?tls=required.");
    }
    AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
        .map(|_| ())
        .map_err(|_| "is not an address mail can be sent to.")
}

impl Smtp {
    pub(super) fn new(url: &SecretString, origin: &Origin) -> Self {
        let domain = origin.host().to_owned();
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            // The settings were checked when they were read; a local server is the only safe thing left otherwise.
            .unwrap_or_else(|_| AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("localhost"));
        let transport = builder.hello_name(ClientId::Domain(domain.clone())).timeout(Some(PATIENCE)).build();
        Self { transport, domain }
    }

    pub(super) async fn send(&self, from: &str, mail: &Mail) -> Result<(), MailError> {
        let message = lettre::Message::builder()
            .from(from.parse::<Mailbox>()?)
            .to(Mailbox::new(None, mail.to.parse()?))
            .subject(&mail.message.subject)
            .message_id(Some(format!("<{}@{}>", crate::random::Token::new().text(), self.domain)))
            .header(header::MIME_VERSION_1_0)
            .multipart(MultiPart::alternative_plain_html(mail.message.text.clone(), mail.message.html.clone()))?;
        self.transport.send(message).await?;
        Ok(())
    }
}
