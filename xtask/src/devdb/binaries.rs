//! Finds Postgres on this machine, or installs it.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use nix::unistd::geteuid;

use super::{account::Account, embedded};
use crate::{process, system};

/// The oldest major version that Kith is developed with.
const OLDEST: u32 = 14;

/// The folders in which installers put Postgres without adding it to the PATH; `*` is a version.
const PLACES: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// A folder with working programs of Postgres.
#[derive(Clone)]
pub struct Binaries {
    pub dir: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// Finds the newest Postgres on the machine, or one of this major version. If there is none, installs it as root on
    /// Debian (any version), and fetches a build from npm elsewhere.
    ///
    /// # Errors
    /// When there is none and none can be had.
    pub fn find(account: Account, major: Option<u32>) -> Result<Self> {
        if let Some(found) = newest(account, major) {
            return Ok(found);
        }
        if major.is_none() && system::is_debian() && geteuid().is_root() {
            eprintln!("No Postgres on this machine: installing Debian's package.");
            install()?;
            return newest(account, None).context("Postgres was installed, but its programs are not to be found");
        }
        let programs = embedded::programs(account, major).with_context(|| match major {
            Some(major) => format!("Postgres {major} is not on this machine. Install it, or leave out its version."),
            None => format!(
                "No Postgres found. Install Postgres {OLDEST} or newer ({}), or set DATABASE_URL to a database.",
                system::hint("postgresql", "postgresql@17")
            ),
        })?;
        verify(account, programs).context("the build of Postgres from npm does not run on this machine")
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Returns `psql` beside the server, or the one on the PATH. The builds from npm have none.
    pub fn psql(&self) -> PathBuf {
        let beside = self.program("psql");
        if beside.exists() { beside } else { "psql".into() }
    }
}

fn newest(account: Account, major: Option<u32>) -> Option<Binaries> {
    let on_path = env::var_os("PATH").unwrap_or_default();
    let dirs: BTreeSet<PathBuf> = env::split_paths(&on_path)
        // The entry on the PATH is often a link into the real folder, which has the rest of Postgres.
        .filter_map(|dir| Some(fs::canonicalize(dir.join("pg_ctl")).ok()?.parent()?.to_owned()))
        .chain(PLACES.iter().flat_map(|place| expand(place)))
        .collect();
    dirs.into_iter()
        .filter_map(|dir| verify(account, dir))
        .filter(|found| major.map_or(found.major >= OLDEST, |major| found.major == major))
        .max_by_key(|found| found.major)
}

/// Runs the three programs: a folder can be unreadable for the account, and `pg_ctl` a wrapper of another kind.
fn verify(account: Account, dir: PathBuf) -> Option<Binaries> {
    let version = |name: &str| process::capture(account.command(&dir.join(name)).arg("--version")).ok();
    let major = major(&version("postgres")?)?;
    (version("initdb").as_deref().and_then(self::major)? == major).then_some(())?;
    (version("pg_ctl").as_deref().and_then(self::major)? == major).then_some(())?;
    Some(Binaries { dir, major })
}

/// Returns the 15 of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn expand(place: &str) -> Vec<PathBuf> {
    let Some((before, after)) = place.split_once('*') else {
        return vec![place.into()];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(after.trim_start_matches('/')))
        .filter(|dir| dir.is_dir())
        .collect()
}

/// Installs or upgrades Debian's Postgres; as root.
///
/// Its package starts a cluster of its own on port 5432. A setting prevents that during the installation and is removed
/// afterwards: the machine's owner may want such a cluster later.
pub fn install() -> Result<()> {
    system::apt_install(&["postgresql-common"])?;
    let settings = Path::new("/etc/postgresql-common/createcluster.conf");
    let before = fs::read_to_string(settings).unwrap_or_default();
    fs::write(settings, format!("{before}\ncreate_main_cluster = false\n"))
        .with_context(|| format!("cannot write {}", settings.display()))?;
    let installed = system::apt_install(&["postgresql"]);
    fs::write(settings, before)?;
    installed
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn reads_the_major_version_of_postgres_programs() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("pg_ctl (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("convert 1.2"), None);
    }
}
