//! A GitHub on this machine: the program in `end2end/github`, for development and for browser tests.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use anyhow::{Context, Result};

use crate::{
    process::{self, Running},
    workspace,
};

const PACKAGE: &str = "stand-in-github";

/// A running one; stops when dropped.
pub struct GitHub {
    _running: Running,
    pub url: String,
    client_id: String,
    client_secret: String,
}

impl GitHub {
    /// Builds its program.
    pub fn build() -> Result<()> {
        // Together with Kith, out of what its tests have compiled already.
        process::run(workspace::cargo().arg("build").args(workspace::KITH).args(["--bin", PACKAGE]))
    }

    /// Starts it for a Kith whose origin is `origin`, and waits until it listens.
    pub fn start(address: &str, origin: &str) -> Result<Self> {
        let mut command = std::process::Command::new(workspace::target()?.join("debug").join(PACKAGE));
        command.args([address, &format!("{origin}/auth/github/callback")]).stdout(Stdio::piped());
        let mut running = Running::start(&mut command)?;
        let output = running.child().stdout.take().context("the stand-in has no output")?;
        let mut lines = BufReader::new(output).lines();
        let mut line = || lines.next().context("the stand-in did not start")?.context("the stand-in cannot be read");
        Ok(Self { url: line()?, client_id: line()?, client_secret: line()?, _running: running })
    }

    /// Returns the settings that Kith needs for it.
    pub fn settings(&self) -> [(&'static str, &str); 3] {
        [
            ("KITH_GITHUB_URL", &self.url),
            ("KITH_GITHUB_CLIENT_ID", &self.client_id),
            ("KITH_GITHUB_CLIENT_SECRET", &self.client_secret),
        ]
    }
}
