//! `kith mail`

use anyhow::{Context, Result};
use clap::Subcommand;
use server::{
    Error, Server,
    accounts::Email,
    mailer::{self, messages},
};

#[derive(Subcommand)]
pub enum Mail {
    /// Send a test to an address, now, and say how it went.
    Test { to: String },
}

impl Mail {
    /// Does it.
    pub async fn run(self, server: &Server) -> Result<()> {
        let Self::Test { to } = self;
        let to = Email::parse(&to).map_err(Error::from).map_err(super::user::explain)?;
        let message = messages::test(&server.config().origin);
        let mail = mailer::Mail { to: to.as_str().to_owned(), message };
        server.mailer().send(&mail).await.context("the mail did not go")?;
        println!("Mail {}. The test for {} was handed over.", server.mailer().describe(), to.as_str());
        Ok(())
    }
}
