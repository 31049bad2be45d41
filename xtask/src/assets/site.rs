//! Writing the folder: fingerprints, compressed copies, the manifest.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use flate2::{Compression, write::GzEncoder};

use crate::digest;

/// Kinds of files that compress well; fonts and pictures are compressed already.
const COMPRESSIBLE: [&str; 11] =
    ["css", "html", "ico", "js", "json", "map", "svg", "txt", "wasm", "webmanifest", "xml"];

/// A site being written.
pub struct Site {
    dir: PathBuf,
    names: BTreeMap<String, String>,
}

impl Site {
    /// Starts with an empty folder.
    pub fn begin(dir: &Path) -> Result<Self> {
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
        fs::create_dir_all(dir.join("root"))?;
        Ok(Self { dir: dir.to_owned(), names: BTreeMap::new() })
    }

    /// Returns the logical names and their file names here.
    pub fn names(&self) -> &BTreeMap<String, String> {
        &self.names
    }

    /// Adds an immutable file under a name with its fingerprint.
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let (stem, kind) = name.rsplit_once('.').with_context(|| format!("{name} has no extension"))?;
        let hashed = format!("{stem}.{}.{kind}", digest::short(content));
        write_with_copies(&self.dir.join(&hashed), content)?;
        let before = self.names.insert(name.to_owned(), hashed);
        ensure!(before.is_none(), "Two assets are called {name}; /assets/ has no folders.");
        Ok(())
    }

    /// Adds a file that browsers request by a fixed name.
    pub fn add_fixed(&mut self, name: &str, content: &[u8]) -> Result<()> {
        write_with_copies(&self.dir.join("root").join(name), content)
    }

    /// Writes the manifest.
    pub fn finish(self) -> Result<()> {
        let manifest = serde_json::to_string_pretty(&self.names)?;
        fs::write(self.dir.join("manifest.json"), manifest).context("cannot write the manifest")
    }
}

fn write_with_copies(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))?;
    let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
    if COMPRESSIBLE.contains(&kind) {
        fs::write(path.with_extension(format!("{kind}.br")), brotli(content)?)?;
        fs::write(path.with_extension(format!("{kind}.gz")), gzip(content)?)?;
    }
    Ok(())
}

/// Compresses with brotli at its best: this is done once, and every client benefits.
pub fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: content.len(), ..Default::default() };
    let mut compressed = Vec::new();
    CompressorWriter::with_params(&mut compressed, 4096, &params).write_all(content)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}
