//! SMTP: one connection per mail. The server's response about the mail counts at once; later errors of the connection
//! change nothing.

use std::time::Duration;

use lettre::{
    Address,
    message::{
        Mailbox, MultiPart,
        header::{self, HeaderName, HeaderValue},
    },
    transport::smtp::{
        self,
        authentication::Mechanism,
        client::{AsyncSmtpConnection, Tls},
        commands::{Data, Mail as MailFrom, Rcpt},
        extension::ClientId,
    },
};

use super::{Mail, MailError};
use crate::config::{Origin, Relay};

/// The timeout for the connection.
const CONNECT: Duration = Duration::from_secs(5);
/// The timeout for the response to QUIT.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// One mail server.
pub(super) struct Smtp {
    relay: Relay,
    domain: String,
    /// The timeout until the server has accepted or refused the mail.
    timeout: Duration,
}

impl Smtp {
    pub(super) fn new(relay: &Relay, origin: &Origin, timeout: Duration) -> Self {
        Self { relay: relay.clone(), domain: origin.mail_domain(), timeout }
    }

    pub(super) async fn send(&self, from: &str, mail: &Mail, id: &str) -> Result<(), MailError> {
        let prepared = PreparedMail::new(from, mail, &format!("<{id}@{}>", self.domain))?;
        let conversation = async {
            let mut connection = self.connect().await.map_err(MailError::Connection)?;
            let sent = prepared.submit(&mut connection).await;
            Ok((connection, sent))
        };
        let outcome: Result<_, MailError> =
            tokio::time::timeout(self.timeout, conversation).await.map_err(|_| MailError::TooLong)?;
        let (mut connection, sent) = outcome?;
        // A failed QUIT must not turn a success into a failure.
        let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
        sent.map_err(MailError::Refused)
    }

    /// Connects, encrypts and signs in. Sends nothing of a mail before.
    async fn connect(&self) -> Result<AsyncSmtpConnection, smtp::Error> {
        let (wrapper, start) = match self.relay.tls()? {
            Tls::Wrapper(tls) => (Some(tls), None),
            Tls::Required(tls) | Tls::Opportunistic(tls) => (None, Some(tls)),
            Tls::None => (None, None),
        };
        let address = (self.relay.host.as_str(), self.relay.port);
        // With brackets, because lettre writes the name as it is.
        let hello = ClientId::Domain(self.domain.clone());
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT), &hello, wrapper, None).await?;
        if let Some(tls) = start {
            connection.starttls(tls, &hello).await?;
        }
        if let Some(credentials) = &self.relay.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }
}

/// A mail in the form for SMTP.
struct PreparedMail {
    from: Address,
    to: Address,
    bytes: Vec<u8>,
}

impl PreparedMail {
    fn new(from: &str, mail: &Mail, id: &str) -> Result<Self, MailError> {
        let from: Mailbox = from.parse()?;
        let to: Address = mail.to.parse()?;
        // A non-ASCII address would need a server that supports RFC 6531.
        if !mail.to.is_ascii() {
            return Err(MailError::Address(lettre::address::AddressError::InvalidDomain));
        }
        let mut message = lettre::Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(&mail.message.subject)
            .message_id(Some(id.to_owned()))
            // RFC 3834: no automatic reply should answer it.
            .raw_header(raw("Auto-Submitted", "auto-generated"))
            .header(header::MIME_VERSION_1_0);
        if let Some(url) = &mail.message.unsubscribe {
            message = message
                .raw_header(raw("List-Unsubscribe", &format!("<{url}>")))
                .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let message = message
            .multipart(MultiPart::alternative_plain_html(mail.message.text.clone(), mail.message.html.clone()))?;
        Ok(Self { from: from.email, to, bytes: message.formatted() })
    }

    async fn submit(&self, connection: &mut AsyncSmtpConnection) -> Result<(), smtp::Error> {
        connection.command(MailFrom::new(Some(self.from.clone()), Vec::new())).await?;
        connection.command(Rcpt::new(self.to.clone(), Vec::new())).await?;
        connection.command(Data).await?;
        connection.message(&self.bytes).await?;
        Ok(())
    }
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
