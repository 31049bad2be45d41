//! `kith mail`

use anyhow::{Result, bail};
use clap::Subcommand;
use server::{
    Error, Server,
    base::random::Token,
    identity::{mails, users::Email},
    jobs, mailer,
};

use super::output::say;

#[derive(Subcommand)]
pub enum Mail {
    /// Send a test to an address, now, and say how it went.
    Test { to: String },
    /// Try again what was given up on. See kith doctor for why it was.
    Retry,
    /// Forget what was given up on.
    Drop,
}

impl Mail {
    /// Runs the command.
    pub async fn run(self, server: &Server) -> Result<()> {
        match self {
            Self::Test { to } => test(server, &to).await,
            Self::Retry => {
                let count = jobs::retry_dead(&mut *server.db().acquire().await?).await?;
                say!("{count} to be tried again.")
            }
            Self::Drop => {
                let count = jobs::drop_dead(&mut *server.db().acquire().await?).await?;
                say!("{count} forgotten.")
            }
        }
    }
}

async fn test(server: &Server, to: &str) -> Result<()> {
    let to = Email::parse(to).map_err(Error::from).map_err(super::user::explain)?;
    let message = mails::test(&server.config().origin);
    let mail = mailer::Mail { to: to.as_str().to_owned(), message };
    if let Err(error) = server.mailer().send(&mail, &Token::new().text()).await {
        bail!("the mail did not go: {}", error.reason());
    }
    say!("Mail {}. The test for {} was handed over.", server.mailer().describe(), to.as_str())
}
