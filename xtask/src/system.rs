//! The programs that the machine needs, and their installation if we may: as root on Debian.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    sync::Once,
};

use anyhow::{Context, Result, ensure};
use nix::unistd::geteuid;

use crate::process;

/// The places of Python; `src/tests/operations/smtp/mod.rs` looks there too. Only the second sees Debian's modules.
const PYTHONS: [&str; 2] = ["python3", "/usr/bin/python3"];

/// Returns true on Debian and its derivatives.
pub fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && process::exists("apt-get")
}

/// Returns the command that installs a package here, for a sentence that asks the reader to.
pub fn hint(debian: &str, homebrew: &str) -> String {
    if cfg!(target_os = "macos") {
        format!("`brew install {homebrew}`")
    } else if is_debian() {
        format!("`sudo apt-get install {debian}`")
    } else {
        format!("the package is often called `{debian}`")
    }
}

/// Requires a program: installs its Debian package as root, else the error names the package to install.
pub fn require(program: &str, package: &str, homebrew: &str) -> Result<()> {
    if process::exists(program) {
        return Ok(());
    }
    ensure!(is_debian() && geteuid().is_root(), "`{program}` is missing; install it ({}).", hint(package, homebrew));
    apt_install(&[package])
}

/// Requires a Python module, for the Python of the system or the reader's own; installs it as [`require`] does.
pub fn require_python(module: &str, package: &str) -> Result<()> {
    let import = format!("import {module}");
    if PYTHONS.iter().any(|python| process::capture(Command::new(python).args(["-c", &import])).is_ok()) {
        return Ok(());
    }
    let own = format!("`python3 -m pip install {module}`");
    let how = if is_debian() { format!("`sudo apt-get install {package}`") } else { own };
    ensure!(is_debian() && geteuid().is_root(), "The Python module `{module}` is missing; install it ({how}).");
    apt_install(&[package])
}

/// Offers an nginx to the tests: if none is installed and we may not install it, they print that they skip it.
pub fn offer_nginx() {
    let works = |program: &str| process::capture(Command::new(program).arg("-v")).is_ok();
    // Debian's is not on every user's path; `src/tests/page/uploads.rs` looks there too.
    if ["nginx", "/usr/sbin/nginx"].into_iter().any(works) {
        return;
    }
    if !is_debian() || !geteuid().is_root() {
        eprintln!(
            "nginx is missing, so uploads are not tried behind it; install it ({}).",
            hint("nginx-light", "nginx")
        );
        return;
    }
    apt_install(&["nginx-light"]).unwrap_or_else(|why| eprintln!("{why:#}"));
}

/// Prevents packages from starting services during installation, by Debian's `policy-rc.d`. Allows it again when
/// dropped.
struct NoServices(Option<&'static Path>);

impl NoServices {
    fn forbid() -> Result<Self> {
        let policy = Path::new("/usr/sbin/policy-rc.d");
        if policy.exists() {
            return Ok(Self(None));
        }
        let forbidden = Self(Some(policy));
        fs::write(policy, "#!/bin/sh\nexit 101\n").context("cannot forbid services to start")?;
        fs::set_permissions(policy, Permissions::from_mode(0o755)).context("cannot forbid services to start")?;
        Ok(forbidden)
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if let Some(policy) = self.0 {
            fs::remove_file(policy).ok();
        }
    }
}

/// Installs Debian packages without questions, or upgrades them. None of them starts a service.
pub fn apt_install(packages: &[&str]) -> Result<()> {
    static LISTS: Once = Once::new();
    LISTS.call_once(|| {
        // The package lists are often good enough even if the update fails; if not, the installation itself reports the
        // error.
        process::run(apt_get().arg("update")).ok();
    });
    eprintln!("Installing {}.", packages.join(", "));
    let _forbidden = NoServices::forbid()?;
    process::run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages))
        .with_context(|| format!("cannot install {}", packages.join(", ")))
}

fn apt_get() -> Command {
    let mut apt_get = Command::new("apt-get");
    apt_get.env("DEBIAN_FRONTEND", "noninteractive");
    apt_get.args(["-qq", "-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-confold"]);
    apt_get
}
