//! The client side: the islands, compiled to WebAssembly, and the JavaScript that binds them to the page.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::{process, workspace};

/// The target every wasm build names.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The options that select the islands and nothing of the server.
pub const FEATURES: [&str; 3] = ["--no-default-features", "--features", "hydrate"];

/// The two files that a browser loads.
pub struct Bound {
    pub js: String,
    pub wasm: Vec<u8>,
}

/// Compiles the islands; returns the path of the file, which still lacks its JavaScript.
pub fn compile() -> Result<PathBuf> {
    require_target()?;
    same_bindgen()?;
    let mut cargo = workspace::cargo();
    cargo.args(["rustc", "--lib", "--package", "kith", "--target", TARGET, "--profile", "wasm"]);
    process::run(cargo.args(FEATURES).args(["--crate-type", "cdylib"]))?;
    Ok(workspace::target()?.join(TARGET).join("wasm/kith.wasm"))
}

/// Generates the JavaScript that belongs to a compiled file, in the scratch folder `dir`.
pub fn bind(compiled: &Path, dir: &Path) -> Result<Bound> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).out_name("kith").web(true)?.typescript(false);
    // The loader passes the hashed name. Names and producers are for debuggers, and a tenth of the transfer.
    bindgen.omit_default_module_path(true).remove_name_section(true).remove_producers_section(true);
    bindgen.generate(dir).context("wasm-bindgen cannot read the compiled islands")?;
    ensure!(
        !dir.join("snippets").exists(),
        "A crate of the wasm build brings JavaScript files of its own (snippets); the assets have no place for them yet."
    );
    Ok(Bound { js: fs::read_to_string(dir.join("kith.js"))?, wasm: fs::read(dir.join("kith_bg.wasm"))? })
}

/// Checks that rustc can compile for browsers.
pub fn require_target() -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(workspace::root()).args(["--print", "target-libdir", "--target", TARGET]);
    if Path::new(&process::capture(&mut rustc)?).is_dir() {
        return Ok(());
    }
    ensure!(
        process::exists("rustup"),
        "rustc has no target {TARGET}, and there is no rustup to add it. Install your system's package for it \
         (often `rust-std-wasm` or `libstd-rust-dev-wasm32`), or install Rust with rustup."
    );
    eprintln!("Adding the target {TARGET}.");
    process::run(Command::new("rustup").current_dir(workspace::root()).args(["target", "add", TARGET]))
}

/// Checks the version of the generator: it shares a private format with the compiled islands, which changes with every
/// version.
fn same_bindgen() -> Result<()> {
    let lock = fs::read_to_string(workspace::root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let islands = locked_version(&lock, "wasm-bindgen");
    let ours = locked_version(&lock, "wasm-bindgen-cli-support");
    if islands != ours {
        bail!(
            "Cargo.lock has wasm-bindgen {} but wasm-bindgen-cli-support {}; pin both to the same version, in \
             Cargo.toml and xtask/Cargo.toml.",
            islands.unwrap_or("(none)"),
            ours.unwrap_or("(none)")
        );
    }
    Ok(())
}

fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let entry = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?.1;
    entry.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::locked_version;

    #[test]
    fn finds_locked_versions_by_exact_name() {
        let lock = "name = \"a-b\"\nversion = \"2\"\n\n[[package]]\nname = \"a\"\nversion = \"1.0\"\n";
        assert_eq!(locked_version(lock, "a"), Some("1.0"));
        assert_eq!(locked_version(lock, "c"), None);
    }
}
