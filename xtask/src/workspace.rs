//! The paths of the checkout, and the cargo that builds it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// Returns the path of the checkout.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        // Set by `cargo run`; a target folder may be shared by checkouts, so the compiled-in path is second best.
        let own = env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&own).parent().unwrap_or(Path::new("."));
        // One spelling for each path: it identifies locks and running clusters.
        root.canonicalize().unwrap_or_else(|_| root.to_owned())
    })
}

/// All packages of Kith, for cargo. xtask has commands of its own: named together with it, Kith's dependencies would
/// get the features that xtask needs as well, and everything would be built twice.
pub const KITH: [&str; 3] = ["--workspace", "--exclude", "xtask"];

/// The tools, for cargo.
pub const XTASK: [&str; 2] = ["--package", "xtask"];

/// Returns the cargo that runs us, at the checkout.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    // Variables that `cargo run` sets for xtask's own package must not affect other builds.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Returns the target folder of cargo.
pub fn target() -> Result<PathBuf> {
    let metadata = process::capture(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let target = metadata["target_directory"].as_str().context("cargo does not say where it builds")?;
    Ok(target.into())
}
