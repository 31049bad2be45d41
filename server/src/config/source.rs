//! Reading the settings: which names there are, and what each is set to.

use std::{collections::BTreeMap, path::Path};

use super::{ConfigError, providers, wrong};

/// Where settings come from: the environment over the file, `NAME_FILE` for a value that is a file's content.
pub struct Source {
    pub(super) values: BTreeMap<String, String>,
}

/// Every setting there is. Another `KITH_…` name is a mistake worth stopping for.
const KNOWN: [&str; 23] = [
    "DATABASE_URL",
    "KITH_DATABASE_CONNECTIONS",
    "KITH_ORIGIN",
    "KITH_LISTEN",
    "KITH_TRUSTED_PROXIES",
    "KITH_CONNECTIONS",
    "KITH_LOG_FORMAT",
    "KITH_LOG",
    "KITH_MAIL",
    "KITH_MAIL_FROM",
    "KITH_SMTP_URL",
    "KITH_GITHUB_CLIENT_ID",
    "KITH_GITHUB_CLIENT_SECRET",
    "KITH_GITHUB_URL",
    "KITH_GITHUB_API_URL",
    "KITH_SMTP_CA",
    "KITH_LANGUAGES",
    "KITH_PICTURES",
    "KITH_BUCKET",
    "KITH_BUCKET_ENDPOINT",
    "KITH_BUCKET_REGION",
    "KITH_BUCKET_KEY_ID",
    "KITH_BUCKET_SECRET",
];

/// Names of the environment that are not settings: where the settings file is, and what only tests and tools read.
const ELSEWHERE: [&str; 3] = ["KITH_CONFIG", "KITH_URL", "KITH_SCREENSHOTS"];

impl Source {
    /// Reads `file` (a TOML table of setting names, in any case, without the prefix if you like) and `env` over it.
    pub fn read(file: Option<&Path>, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut values = BTreeMap::new();
        if let Some(path) = file {
            for (name, value) in read_toml(path)? {
                values.insert(canonical(&name)?, value);
            }
        }
        for (name, value) in env {
            let ours = name == "DATABASE_URL" || name == "DATABASE_URL_FILE" || name.starts_with("KITH_");
            if !ours || ELSEWHERE.contains(&name.as_str()) {
                continue;
            }
            match name.strip_suffix("_FILE") {
                Some(base) => {
                    let content = std::fs::read_to_string(&value).map_err(|e| wrong(&name, e))?;
                    values.insert(canonical(base)?, content.trim_end_matches(['\r', '\n']).to_owned());
                }
                None => {
                    values.insert(canonical(&name)?, value);
                }
            }
        }
        Ok(Self { values })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn need(&self, name: &str, why: &str) -> Result<&str, ConfigError> {
        self.get(name).ok_or_else(|| wrong(name, format!("is not set. {why}")))
    }

    pub(super) fn parsed<T: std::str::FromStr>(&self, name: &str, default: T, shape: &str) -> Result<T, ConfigError> {
        self.get(name).map_or(Ok(default), |text| text.parse().map_err(|_| wrong(name, format!("must be {shape}."))))
    }
}

fn read_toml(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| wrong(&name, e))?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| wrong(&name, e.message()))?;
    table
        .into_iter()
        .map(|(key, value)| match value {
            toml::Value::String(text) => Ok((key, text)),
            toml::Value::Integer(number) => Ok((key, number.to_string())),
            toml::Value::Array(list) => {
                let words: Option<Vec<_>> = list.iter().map(|v| v.as_str().map(str::to_owned)).collect();
                words.map(|w| (key.clone(), w.join(","))).ok_or_else(|| wrong(&key, "must be a list of texts."))
            }
            _ => Err(wrong(&key, "must be a text, a whole number or a list of texts.")),
        })
        .collect()
}

/// The setting a name means, or why it means none.
fn canonical(name: &str) -> Result<String, ConfigError> {
    let upper = name.to_ascii_uppercase();
    [upper.clone(), format!("KITH_{upper}")]
        .into_iter()
        .find(|candidate| KNOWN.contains(&candidate.as_str()) || providers::is_setting(candidate))
        .ok_or_else(|| wrong(name, "is not a setting of Kith. See docs/operate.md for those there are."))
}
