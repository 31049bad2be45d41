//! An OpenID Connect issuer for browser tests: one written and certified by others, of `end2end/oidc`.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use crate::{process::Running, workspace};

/// A running one; stops when dropped.
pub struct Issuer {
    _running: Running,
    pub url: String,
    client_id: String,
    client_secret: String,
}

impl Issuer {
    /// Starts it for a Kith whose origin is `origin`, and waits until it listens. Its packages must be installed.
    pub fn start(origin: &str) -> Result<Self> {
        let mut command = Command::new("node");
        command.current_dir(workspace::root().join("end2end")).args(["--no-warnings", "oidc/issuer.mjs"]);
        command.arg(format!("{origin}/auth/gatehouse/callback")).env("NODE_ENV", "test").stdout(Stdio::piped());
        let mut running = Running::start(&mut command)?;
        let output = running.child().stdout.take().context("the issuer has no output")?;
        let mut lines = BufReader::new(output).lines();
        let mut line = || lines.next().context("the issuer did not start")?.context("the issuer cannot be read");
        Ok(Self { url: line()?, client_id: line()?, client_secret: line()?, _running: running })
    }

    /// Returns the settings that Kith needs for it.
    pub fn settings(&self) -> [(&'static str, &str); 3] {
        [
            ("KITH_OIDC_GATEHOUSE_ISSUER", &self.url),
            ("KITH_OIDC_GATEHOUSE_CLIENT_ID", &self.client_id),
            ("KITH_OIDC_GATEHOUSE_CLIENT_SECRET", &self.client_secret),
        ]
    }
}
