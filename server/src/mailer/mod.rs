//! Sending mail: over SMTP, or into the log, or (in development) into a mailbox that a page shows. Only the job worker
//! sends, so no answer ever waits for a mail server.

#[cfg(feature = "dev")]
mod mailbox;
pub mod messages;
mod smtp;

#[cfg(feature = "dev")]
pub use mailbox::{Mailbox, Received};
pub use smtp::check_url;

use serde::{Deserialize, Serialize};

use crate::config::{self, Origin};

/// One mail, as it waits in the queue.
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

/// What it says, in both forms.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a mail did not go.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the mail cannot be put together: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the address cannot be mailed to: {0}")]
    Address(#[from] lettre::address::AddressError),
    #[error("the mail server refused or did not answer: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// What carries mail away.
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
    /// As the settings say. They were checked when they were read; should SMTP still not be possible, it says so once
    /// and mail waits in the queue.
    pub fn new(mail: &config::Mail, origin: &Origin) -> Self {
        let transport = match &mail.transport {
            config::Transport::Smtp(url) => Transport::Smtp(Box::new(smtp::Smtp::new(url, origin))),
            config::Transport::Log => Transport::Log,
            #[cfg(feature = "dev")]
            config::Transport::Mailbox => Transport::Mailbox(Mailbox::default()),
        };
        Self { from: mail.from.clone(), transport }
    }

    /// Sends one mail. Nothing of what it says is ever logged.
    ///
    /// # Errors
    /// When it did not go, or nobody said that it did.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        match &self.transport {
            Transport::Smtp(smtp) => smtp.send(&self.from, mail).await?,
            // Not even the subject: a code stands in it.
            Transport::Log => tracing::info!("mail is not configured: this one was not sent"),
            #[cfg(feature = "dev")]
            Transport::Mailbox(mailbox) => mailbox.receive(mail),
        }
        Ok(())
    }

    /// The development mailbox, when that is where mail goes.
    #[cfg(feature = "dev")]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match &self.transport {
            Transport::Mailbox(mailbox) => Some(mailbox),
            _ => None,
        }
    }

    /// In words, for `kith doctor`.
    pub fn describe(&self) -> &'static str {
        match self.transport {
            Transport::Smtp(_) => "goes out over SMTP",
            Transport::Log => "is not configured: nothing is sent (set KITH_SMTP_URL)",
            #[cfg(feature = "dev")]
            Transport::Mailbox(_) => "is kept in the development mailbox",
        }
    }
}
