//! The account that runs Postgres: our own, or another one if we are root, because Postgres refuses root.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, fs::chown, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use nix::unistd::{User, geteuid};

/// The system account of Postgres.
#[derive(Clone, Copy)]
pub struct Account {
    uid: u32,
    gid: u32,
    /// True if we are root and drop privileges for every program of Postgres.
    stepping_down: bool,
}

impl Account {
    /// Returns our own account; as root the machine's `postgres`, or `nobody`.
    pub fn for_postgres() -> Result<Self> {
        let uid = geteuid();
        if !uid.is_root() {
            let gid = nix::unistd::getegid().as_raw();
            return Ok(Self { uid: uid.as_raw(), gid, stepping_down: false });
        }
        let user = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .context("Postgres refuses to run as root, and this machine has neither a user `postgres` nor `nobody`")?;
        Ok(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw(), stepping_down: true })
    }

    pub fn uid(self) -> u32 {
        self.uid
    }

    /// Returns a command that runs as this account, without the Postgres settings of the caller's environment.
    pub fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        // The account may have no access to the caller's folder; every program of Postgres complains about that.
        command.current_dir("/").stdin(Stdio::null());
        if self.stepping_down {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Creates `dir`, for this account alone.
    pub fn make_dir(self, dir: &Path) -> Result<()> {
        fs::create_dir(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        if self.stepping_down {
            chown(dir, Some(self.uid), Some(self.gid))
                .with_context(|| format!("cannot give {} to Postgres' account", dir.display()))?;
        }
        Ok(())
    }

    /// Returns true if the account can reach `dir`, which it cannot for a checkout below a closed home folder.
    pub fn can_enter(self, dir: &Path) -> bool {
        let mut probe = self.command(Path::new("/bin/sh"));
        probe.args(["-c", r#"cd "$0""#]).arg(dir).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }
}
