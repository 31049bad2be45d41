//! Sends mail: over SMTP, or into the log, or (in development) into a mailbox that a page shows. Only the job worker
//! sends, so no response ever waits for a mail server.

#[cfg(feature = "dev")]
mod mailbox;
mod reason;
mod smtp;
mod template;

#[cfg(feature = "dev")]
pub use mailbox::{Mailbox, Received};
pub(crate) use template::MailTemplate;

use serde::{Deserialize, Serialize};

use crate::config::{self, Origin};

/// A queued mail.
#[derive(Clone, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub message: Message,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail(…)")
    }
}

/// The content of a mail, in both forms.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The unsubscribe URL, for a single request (RFC 8058).
    #[serde(default)]
    pub unsubscribe: Option<String>,
}

/// The reason why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the mail cannot be put together: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the address cannot be mailed to: {0}")]
    Address(#[from] lettre::address::AddressError),
    #[error("no conversation with the mail server: {0}")]
    Connection(lettre::transport::smtp::Error),
    #[error("the mail server did not take the mail: {0}")]
    Refused(lettre::transport::smtp::Error),
    #[error("the mail server took too long")]
    TooLong,
}

impl MailError {
    /// Returns true if a retry would change nothing: the mail itself is invalid, or the server refused it permanently
    /// (RFC 5321: 5xx). When a server refuses *us* (a wrong password, say), a retry makes sense: the operator corrects
    /// it.
    pub fn is_for_good(&self) -> bool {
        match self {
            Self::Message(_) | Self::Address(_) => true,
            // RFC 4954: 530 asks for a password.
            Self::Refused(error) => error.is_permanent() && error.status().is_none_or(|code| u16::from(code) != 530),
            Self::Connection(_) | Self::TooLong => false,
        }
    }

    /// Returns the reason for the log and the operator, without the address and other parts of the mail that a server
    /// may repeat.
    pub fn reason(&self) -> String {
        reason::clean(&self.to_string())
    }
}

/// Sends mails.
pub struct Mailer {
    from: String,
    transport: Transport,
}

enum Transport {
    Smtp(Box<smtp::Smtp>),
    Log,
    #[cfg(feature = "dev")]
    Mailbox(Mailbox),
}

impl Mailer {
    /// Builds it from the settings.
    pub fn new(mail: &config::MailSettings, origin: &Origin) -> Self {
        let transport = match &mail.transport {
            config::Transport::Smtp(relay) => Transport::Smtp(Box::new(smtp::Smtp::new(relay, origin, mail.patience))),
            config::Transport::Log => Transport::Log,
            #[cfg(feature = "dev")]
            config::Transport::Mailbox => Transport::Mailbox(Mailbox::default()),
        };
        Self { from: mail.from.clone(), transport }
    }

    /// Sends one mail. Its content is never logged. `id` identifies it for the receiver, who can detect duplicates by
    /// it.
    ///
    /// # Errors
    /// When it was not sent, or the server did not confirm it.
    pub async fn send(&self, mail: &Mail, id: &str) -> Result<(), MailError> {
        match &self.transport {
            Transport::Smtp(smtp) => smtp.send(&self.from, mail, id).await?,
            // Not even the subject: it may contain a code.
            Transport::Log => tracing::info!("mail is not configured: this one was not sent"),
            #[cfg(feature = "dev")]
            Transport::Mailbox(mailbox) => mailbox.receive(mail),
        }
        Ok(())
    }

    /// Returns the development mailbox, if mails are sent there.
    #[cfg(feature = "dev")]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match &self.transport {
            Transport::Mailbox(mailbox) => Some(mailbox),
            _ => None,
        }
    }

    /// Returns a description for `kith doctor`.
    pub fn describe(&self) -> &'static str {
        match self.transport {
            Transport::Smtp(_) => "goes out over SMTP",
            Transport::Log => "is not configured: nothing is sent (set KITH_SMTP_URL)",
            #[cfg(feature = "dev")]
            Transport::Mailbox(_) => "is kept in the development mailbox",
        }
    }
}
