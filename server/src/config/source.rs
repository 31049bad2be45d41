//! Reads the settings: the known names, and the value of each.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Display,
    fs::File,
    io::{self, Read},
    ops::RangeInclusive,
    path::Path,
    str::FromStr,
};

use super::{
    ConfigError, providers,
    service_links::{is_container_link, is_service_link},
    wrong,
};

/// The source of settings: the environment over the file, `NAME_FILE` for a value that is a file's content.
pub struct Source {
    /// No value is empty.
    pub(super) values: BTreeMap<String, String>,
}

/// Every setting. Any other `KITH_…` name is an error, so that a typing mistake stops the start.
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

/// Names in the environment that are not settings: the path of the settings file, and names that only tests and tools
/// read.
const NOT_SETTINGS: [&str; 3] = ["KITH_CONFIG", "KITH_URL", "KITH_SCREENSHOTS"];

/// The most bytes of a settings file, or of a file that holds one value.
const MAX_FILE: u64 = 1_024 * 1_024;

impl Source {
    /// Reads `file` (a TOML table of setting names, in any case, with or without the prefix) and then `env` over it.
    pub fn read<N: Into<OsString>, V: Into<OsString>>(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ConfigError> {
        let mut values = file.map_or_else(|| Ok(BTreeMap::new()), |path| collect(read_toml(path)?))?;
        let env: Vec<(OsString, OsString)> = env.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let is_linked = env.iter().any(|(name, value)| name == "KITH_PORT" && is_service_link("KITH_PORT", value));
        let env = env.into_iter().filter(|(name, value)| {
            !(is_linked && name.to_str().is_some_and(|name| !is_known(name) && is_container_link(name, value)))
        });
        let env = env.filter_map(|(name, value)| setting_from_env(name, value));
        values.extend(collect(env.collect::<Result<Vec<_>, _>>()?)?);
        Ok(Self { values })
    }

    /// Returns the value of a setting, never empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(super) fn need(&self, name: &str, reason: &str) -> Result<&str, ConfigError> {
        self.get(name).ok_or_else(|| wrong(name, format!("is not set. {reason}")))
    }

    /// Returns a whole number within `range`, or `default`.
    pub(super) fn number<T>(&self, name: &str, default: T, range: RangeInclusive<T>) -> Result<T, ConfigError>
    where
        T: FromStr + PartialOrd + Display,
    {
        let number = self.get(name).map_or(Ok(default), |text| text.parse().map_err(|_| ()));
        number
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| wrong(name, format!("must be a whole number from {} to {}.", range.start(), range.end())))
    }

    pub(super) fn parsed<T: FromStr>(&self, name: &str, default: T, shape: &str) -> Result<T, ConfigError> {
        self.get(name).map_or(Ok(default), |text| text.parse().map_err(|_| wrong(name, format!("must be {shape}."))))
    }
}

/// Returns an environment variable as a setting, or `None` if it does not belong to Kith.
fn setting_from_env(name: OsString, value: OsString) -> Option<Result<(String, OsString), ConfigError>> {
    let prefix = name.as_encoded_bytes();
    if !prefix.starts_with(b"KITH_") && name != "DATABASE_URL" && name != "DATABASE_URL_FILE" {
        return None;
    }
    match name.into_string() {
        Ok(name) if NOT_SETTINGS.contains(&name.as_str()) => None,
        Ok(name) if !is_known(&name) && is_service_link(&name, &value) => None,
        Ok(name) => Some(Ok((name, value))),
        Err(name) => Some(Err(wrong(&name.to_string_lossy(), "has a name that is not UTF-8."))),
    }
}

/// Returns the value of each setting. An empty one counts as unset, `NAME_FILE` as the content of that file.
fn collect(pairs: Vec<(String, OsString)>) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut values = BTreeMap::<String, (String, String)>::new();
    for (name, value) in pairs {
        let (setting, from_file) = canonical(&name)?;
        if value.is_empty() {
            continue;
        }
        let text = if from_file {
            read_text(Path::new(&value))
                .map_err(|reason| wrong(&name, format!("the file it names cannot be read: {reason}.")))?
        } else {
            value.into_string().map_err(|_| wrong(&name, "must be UTF-8 text."))?
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if setting != "KITH_SMTP_CA" && text.chars().any(char::is_control) {
            return Err(wrong(&name, "must be one line, without control characters."));
        }
        if text.is_empty() {
            continue;
        }
        if let Some((first, _)) = values.get(&setting).filter(|(first, _)| *first != name) {
            return Err(wrong(&setting, format!("is set twice, as {first} and as {name}. Keep one of them.")));
        }
        values.insert(setting, (name, text.to_owned()));
    }
    Ok(values.into_iter().map(|(setting, (_, text))| (setting, text)).collect())
}

/// Returns the text of a file, without a byte order mark.
fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => io::Error::new(error.kind(), "it is not UTF-8 text"),
        _ => error,
    })?;
    if text.len() as u64 > MAX_FILE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn read_toml(path: &Path) -> Result<Vec<(String, OsString)>, ConfigError> {
    let name = path.display().to_string();
    let text = read_text(path).map_err(|reason| wrong(&name, format!("cannot be read: {reason}.")))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
        wrong(&name, format!("is not TOML, in line {line}: {}.", error.message()))
    })?;
    table
        .into_iter()
        .map(|(key, value)| match value {
            toml::Value::String(text) => Ok((key, text.into())),
            toml::Value::Integer(number) => Ok((key, number.to_string().into())),
            toml::Value::Array(list) => {
                let words: Option<Vec<_>> = list.iter().map(|v| v.as_str().map(str::to_owned)).collect();
                words.map(|w| (key.clone(), w.join(",").into())).ok_or_else(|| wrong(&key, "must be a list of texts."))
            }
            _ => Err(wrong(&key, "must be a text, a whole number or a list of texts.")),
        })
        .collect()
}

fn is_known(setting: &str) -> bool {
    KNOWN.contains(&setting) || providers::is_setting(setting)
}

/// Returns the setting of a name, and `true` if the value is the path of a file that has the value.
fn canonical(name: &str) -> Result<(String, bool), ConfigError> {
    let upper = name.to_ascii_uppercase();
    let (base, from_file) = upper.strip_suffix("_FILE").map_or((upper.as_str(), false), |base| (base, true));
    [base.to_owned(), format!("KITH_{base}")]
        .into_iter()
        .find(|candidate| is_known(candidate))
        .map(|setting| (setting, from_file))
        .ok_or_else(|| wrong(name, "is not a setting of Kith. See docs/operate.md for those there are."))
}

#[cfg(test)]
mod tests;
