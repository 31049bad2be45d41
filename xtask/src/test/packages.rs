//! The Debian packages that the tests use, brought up to date.

use anyhow::Result;
use nix::unistd::geteuid;

use super::browser;
use crate::{devdb, system};

/// The packages that the tests use besides Postgres and the browser: the proxy, a font and the mail server.
const PACKAGES: [&str; 3] = ["nginx-light", "fonts-liberation", "python3-aiosmtpd"];

/// Installs or upgrades the packages that the tests run against, as root on Debian: if a new browser or database breaks
/// something, we notice it here first. Without a network the tests use the installed versions.
pub fn upgrade() {
    if !system::is_debian() || !geteuid().is_root() {
        return;
    }
    eprintln!("── Debian's packages ──");
    if let Err(error) = install() {
        eprintln!("{error:#}\nThe tests go on with the packages that are installed; they may not be the newest.");
    }
}

fn install() -> Result<()> {
    system::apt_install(&PACKAGES)?;
    browser::install_chromium()?;
    devdb::install_debian_postgres()
}
