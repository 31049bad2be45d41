//! A cluster for one test run: fast, without durability, deleted afterwards.
//!
//! Its folder `/tmp/kith-test-…` has a lock file beside it, held by the run's guard. A folder with a free lock was left
//! by a run that was killed together with its guard; the next run removes it.

use std::{
    fs::{self, File},
    hash::{BuildHasher, Hasher, RandomState},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use nix::unistd::geteuid;

use super::{
    account::Account,
    binaries::Binaries,
    cluster::{self, Cluster},
};
use crate::guard;

const PREFIX: &str = "kith-test-";

/// A lock file younger than this may get its lock in a moment.
const NEWBORN: Duration = Duration::from_secs(60);

/// Creates and starts a cluster that is removed when this command ends, of this major version of Postgres or the newest
/// on the machine.
pub fn open(major: Option<u32>) -> Result<Cluster> {
    remove_orphans();
    let account = Account::for_postgres()?;
    let binaries = Binaries::find(account, major)?;
    // A process number occurs again, in another container sooner than expected.
    let random = RandomState::new().build_hasher().finish();
    let home = PathBuf::from(format!("/tmp/{PREFIX}{:08x}", random as u32));
    guard::note("discard", home.display())?;
    fs::create_dir(&home).with_context(|| format!("cannot make {}", home.display()))?;
    let cluster = Cluster { account, binaries, data: home.join("data"), sockets: home.join("s"), careless: true };
    cluster.create()?;
    cluster.start()?;
    Ok(cluster)
}

/// The guard's part in [`open`]: holds the lock that marks the folder as in use.
pub fn own(home: &Path) -> Result<File> {
    let lock = File::options().write(true).create_new(true).open(lock_of(home))?;
    lock.try_lock()?;
    Ok(lock)
}

/// The guard's part at the end: stops the cluster and removes every trace.
pub fn discard(home: &Path, lock: File) -> Result<()> {
    cluster::stop(&home.join("data"))?;
    if home.exists() {
        fs::remove_dir_all(home).with_context(|| format!("cannot remove {}", home.display()))?;
    }
    fs::remove_file(lock_of(home))?;
    drop(lock);
    Ok(())
}

/// Removes the leftovers of killed runs of ours. Nothing here is worth failing for.
fn remove_orphans() {
    for entry in fs::read_dir("/tmp").into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(PREFIX) && name.ends_with(".lock") && is_old_and_ours(&path) {
            let Ok(lock) = File::options().write(true).open(&path) else {
                continue;
            };
            if lock.try_lock().is_ok() {
                discard(&path.with_extension(""), lock).ok();
            }
        }
    }
}

fn is_old_and_ours(lock: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(lock) else {
        return false;
    };
    let age = found.modified().ok().and_then(|made| made.elapsed().ok()).unwrap_or_default();
    found.is_file() && found.uid() == geteuid().as_raw() && age > NEWBORN
}

fn lock_of(home: &Path) -> PathBuf {
    home.with_extension("lock")
}
