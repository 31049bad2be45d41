//! The URLs of the built files: their names carry a fingerprint, so that browsers may keep them for ever.

use std::collections::BTreeMap;

/// The manifest of the build: `main.css` to `main.3f2a….css`.
#[derive(Clone, Debug, Default)]
pub struct Assets(BTreeMap<String, String>);

impl Assets {
    /// Creates the map from the names of the manifest.
    pub fn new(names: BTreeMap<String, String>) -> Self {
        Self(names)
    }

    /// Returns the URL of a file. A file that was not built keeps its own name, and is then not found.
    pub fn href(&self, name: &str) -> String {
        format!("/assets/{}", self.0.get(name).map_or(name, String::as_str))
    }
}
