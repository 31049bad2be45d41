//! The Debian packages that the tests use, brought up to date.

use anyhow::Result;
use nix::unistd::geteuid;

use crate::{devdb, system};

/// What the tests run against, besides Postgres: the browser, the proxy, a font and the mail server.
const PACKAGES: [&str; 4] = ["chromium", "nginx-light", "fonts-liberation", "python3-aiosmtpd"];

/// Installs or upgrades what the tests run against, as root on Debian: a new browser or database that breaks something
/// is then noticed here first. Without a network the tests go on with what is installed.
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
    devdb::install_debian_postgres()
}
