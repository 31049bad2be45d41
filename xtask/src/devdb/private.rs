//! The checkout's own cluster: its data is kept between runs, several commands share it, and the last one stops it.
//!
//! Two locks in its home, both released by the system when their holder dies: `lock`, held while a command starts or
//! stops it, and `users`, shared by the guards of all commands that use it. `keep` exists after `cargo xtask db start`.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use nix::unistd::geteuid;

use super::{
    account::Account,
    binaries::Binaries,
    cluster::{self, Cluster},
};
use crate::{digest, guard, workspace};

/// Starts the cluster if necessary, and keeps it running until this command ends.
pub fn open() -> Result<Cluster> {
    let account = Account::for_postgres()?;
    let home = home(account)?;
    let data = home.join("data");
    let turn = take_turn(&home)?;
    guard::note("share", home.display())?;
    let major = cluster::major_of(&data);
    let binaries = Binaries::find(account, major).with_context(|| match major {
        Some(major) => format!(
            "The database of this checkout was made with Postgres {major}. Start with an empty one: `cargo xtask db reset`."
        ),
        None => "There is no Postgres to run.".to_owned(),
    })?;
    let cluster = Cluster { account, binaries, data, sockets: sockets(), careless: false };
    if cluster::postmaster(&cluster.data).is_none() {
        eprintln!("Starting Postgres {} in {}.", cluster.binaries.major, home.display());
    }
    cluster.create()?;
    cluster.start()?;
    drop(turn);
    Ok(cluster)
}

/// Keeps the cluster running after this command, until [`stop`].
pub fn keep() -> Result<()> {
    let home = home(Account::for_postgres()?)?;
    File::create(home.join("keep")).context("cannot mark the database as kept")?;
    Ok(())
}

/// Stops the cluster, even if other commands use it.
pub fn stop() -> Result<()> {
    let home = home(Account::for_postgres()?)?;
    let _turn = take_turn(&home)?;
    fs::remove_file(home.join("keep")).ok();
    cluster::stop(&home.join("data"))
}

/// Stops the cluster and deletes all its data. Refuses while a command uses it.
pub fn reset() -> Result<()> {
    let home = home(Account::for_postgres()?)?;
    let _turn = take_turn(&home)?;
    let users = open_lock(&home.join("users"))?;
    ensure!(users.try_lock().is_ok(), "Another command uses the database now; end it first.");
    fs::remove_file(home.join("keep")).ok();
    let data = home.join("data");
    cluster::stop(&data)?;
    if data.exists() {
        fs::remove_dir_all(data)?;
    }
    Ok(())
}

/// The guard's part in [`open`]: becomes a user of the cluster.
pub fn join(home: &Path) -> Result<File> {
    let users = open_lock(&home.join("users"))?;
    users.lock_shared().context("cannot lock")?;
    Ok(users)
}

/// The guard's part at the end: the last user stops the cluster, unless it should continue to run.
pub fn leave(home: &Path, users: File) -> Result<()> {
    let _turn = take_turn(home)?;
    drop(users);
    let alone = open_lock(&home.join("users"))?;
    if alone.try_lock().is_ok() && !home.join("keep").exists() {
        cluster::stop(&home.join("data"))?;
    }
    Ok(())
}

fn take_turn(home: &Path) -> Result<File> {
    let lock = open_lock(&home.join("lock"))?;
    lock.lock().context("cannot lock the database's home")?;
    Ok(lock)
}

fn open_lock(path: &Path) -> Result<File> {
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(false).open(path);
    file.with_context(|| format!("cannot open {}", path.display()))
}

/// Returns `.kith/` in the checkout; if Postgres' account cannot enter that (a checkout of root's, below a closed
/// home), a folder under `/var/tmp` named after the checkout.
fn home(account: Account) -> Result<PathBuf> {
    let inside = workspace::root().join(".kith");
    fs::create_dir_all(&inside).with_context(|| format!("cannot make {}", inside.display()))?;
    if account.can_enter(&inside) {
        return Ok(inside);
    }
    let outside = PathBuf::from(format!("/var/tmp/kith-{}", name()));
    if !outside.exists() {
        fs::create_dir(&outside)?;
    }
    let found = fs::symlink_metadata(&outside)?;
    ensure!(
        found.is_dir() && found.uid() == geteuid().as_raw(),
        "{} belongs to somebody else; remove it",
        outside.display()
    );
    Ok(outside)
}

fn sockets() -> PathBuf {
    PathBuf::from(format!("/tmp/kith-{}", name()))
}

/// Returns a name that distinguishes this checkout from others.
fn name() -> String {
    digest::short(workspace::root().as_os_str().as_encoded_bytes())
}
