//! No secret in any log: after the tests, their secrets are searched for in all log lines of the run, at every level.
//!
//! A test process writes `<dir>/<process>.log` and `<dir>/<process>.secrets` (see `src/tests/support/trace.rs`), the browser
//! tests one list for the one server they visit (see `end2end/fixtures.ts`). A finding is reported by its kind and by
//! the target that logged it, never by its value.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::Value;

use super::counts::Counts;
use crate::workspace;

/// The kinds of secrets; each is one test. The first also occur in browsers, the last only in tests that act as the
/// other side.
pub const KINDS: [&str; 10] = [
    "password",
    "code",
    "cookie",
    "token",
    DATABASE,
    "state",
    "provider code",
    CLIENT_SECRET,
    "provider token",
    "mail password",
];
/// The number of kinds that occur in browsers.
pub const IN_BROWSERS: usize = 8;
/// The secret with which Kith identifies itself to a provider.
pub const CLIENT_SECRET: &str = "client secret";
const DATABASE: &str = "database password";

/// A password that the run's Postgres does not require, so that there is one to search for.
const UNASKED: &str = "neither-asked-for-nor-logged";

/// Returns the address of a database, with a password in it.
pub fn with_password(url: &str) -> String {
    url.replacen("kith@", &format!("kith:{UNASKED}@"), 1)
}

/// Creates an empty folder for the output of a run.
pub fn folder(name: &str) -> Result<PathBuf> {
    let dir = workspace::root().join("target/trace").join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

/// Records a secret that only the run itself knows.
pub fn note(list: &Path, kind: &str, secret: &str) -> Result<()> {
    let mut list = File::options().append(true).create(true).open(list)?;
    Ok(writeln!(list, "{}", serde_json::json!({ "kind": kind, "secret": secret }))?)
}

/// Searches a folder, and counts each of these kinds as passed if it remained secret. A kind without any secret is a
/// failure too if the `whole` suite ran: then nothing was searched for.
pub fn check(dir: &Path, kinds: &[&str], whole: bool) -> Result<Counts> {
    let (mut met, mut leaks) = (BTreeSet::from([DATABASE.to_owned()]), BTreeSet::new());
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "log") {
            let log = fs::read(&path)?;
            let log = String::from_utf8_lossy(&log);
            let secrets = secrets(&path.with_extension("secrets"))?;
            met.extend(secrets.iter().map(|(kind, _)| kind.clone()));
            let found = search(&log, &secrets).into_iter();
            leaks.extend(found.map(|(kind, target)| (kind, format!("{target} in {}", path.display()))));
        }
    }
    let mut counts = Counts::default();
    for &kind in kinds {
        let found: Vec<&str> = leaks.iter().filter(|(of, _)| of == kind).map(|(_, place)| place.as_str()).collect();
        found.iter().for_each(|place| eprintln!("A {kind} was logged by {place}."));
        let missed = whole && !met.contains(kind);
        if missed {
            eprintln!("No test met a {kind}: nothing is known about those.");
        }
        if found.is_empty() && !missed { counts.passed += 1 } else { counts.failed += 1 }
    }
    if counts.failed == 0 {
        fs::remove_dir_all(dir)?;
    }
    Ok(counts)
}

/// Returns kind and text of each secret of a list. A process without secrets has no list.
fn secrets(list: &Path) -> Result<BTreeSet<(String, String)>> {
    let mut found = BTreeSet::from([(DATABASE.to_owned(), UNASKED.to_owned())]);
    for line in fs::read_to_string(list).unwrap_or_default().lines() {
        let line: Value = serde_json::from_str(line).with_context(|| format!("{} is torn", list.display()))?;
        if let (Some(kind), Some(secret)) = (line["kind"].as_str(), line["secret"].as_str()) {
            found.insert((kind.to_owned(), secret.to_owned()));
        }
    }
    Ok(found)
}

/// Returns the kinds of secrets that occur in a log, each with the target of the first line that holds it.
fn search(log: &str, secrets: &BTreeSet<(String, String)>) -> BTreeSet<(String, String)> {
    let words = words(log);
    let long = |secret: &str| words.iter().find(|(word, _)| word.contains(secret)).map(|(_, at)| *at);
    let hits = secrets.iter().filter_map(|(kind, secret)| {
        let at = match kind.as_str() {
            "code" => code(log, secret),
            _ => forms(secret).iter().find_map(|form| if is_word(form) { long(form) } else { log.find(form) }),
        };
        at.map(|at| (kind.clone(), target(log, at)))
    });
    hits.collect()
}

/// Returns each long word of a log and its first position: tokens are only searched for among these, which are few.
fn words(log: &str) -> BTreeMap<&str, usize> {
    let mut words = BTreeMap::new();
    for word in log.split(|c: char| !is_part(c)).filter(|word| word.len() >= LONG) {
        words.entry(word).or_insert_with(|| word.as_ptr() as usize - log.as_ptr() as usize);
    }
    words
}

/// The length of the shortest token, in its shortest form.
const LONG: usize = 20;

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn is_word(text: &str) -> bool {
    text.len() >= LONG && text.chars().all(is_part)
}

/// Returns the position of six digits on their own; after a point they are a part of a second.
fn code(log: &str, digits: &str) -> Option<usize> {
    let alone = |(at, _): &(usize, &str)| {
        !log[..*at].ends_with(|c: char| c == '.' || c.is_ascii_alphanumeric())
            && !log[at + digits.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    log.match_indices(digits).find(alone).map(|(at, _)| at)
}

/// Returns the forms in which a secret may be written: plain, in JSON, in an address or a form, in base64; a token also
/// by its bytes, and a session's as the number it is.
fn forms(secret: &str) -> BTreeSet<String> {
    let escape = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    let escaped: String = secret.bytes().map(escape).collect();
    let json = Value::from(secret).to_string();
    // The last letters depend on what follows.
    let whole = &secret.as_bytes()[..secret.len() / 3 * 3];
    let mut forms = BTreeSet::from([
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        escaped.replace("%20", "+"),
        escaped,
        BASE64_STANDARD_NO_PAD.encode(whole),
        BASE64_URL_SAFE_NO_PAD.encode(whole),
    ]);
    if let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(secret) {
        forms.insert(bytes.iter().map(|b| format!("{b:02x}")).collect());
        if let Ok(id) = <[u8; 16]>::try_from(bytes) {
            forms.insert(i128::from_le_bytes(id).unsigned_abs().to_string());
        }
    }
    forms
}

/// Returns the target that logged the line at this position.
fn target(log: &str, at: usize) -> String {
    let begin = log[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = log[begin..].lines().next().unwrap_or_default();
    let target =
        serde_json::from_str::<Value>(line).ok().and_then(|line| Some(line.get("target")?.as_str()?.to_owned()));
    target.unwrap_or_else(|| "something that is no event".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str, kind: &str, secret: &str) -> bool {
        let log = format!("{{\"target\":\"other\"}}\n{{\"message\":\"{line}\",\"target\":\"culprit\"}}\n");
        let hits = search(&log, &BTreeSet::from([(kind.to_owned(), secret.to_owned())]));
        assert!(hits.iter().all(|hit| *hit == (kind.to_owned(), "culprit".to_owned())), "{hits:?}");
        !hits.is_empty()
    }

    #[test]
    fn finds_passwords_in_common_encodings() {
        let password = "a \"quoted\" battery";
        for line in [
            "typed: a \\\"quoted\\\" battery!",
            "password=a+%22quoted%22+battery&x",
            "password=a%20%22quoted%22%20battery",
            "authorization: YSAicXVvdGVkIiBiYXR0ZXJ5",
        ] {
            assert!(found(line, "password", password), "{line}");
        }
        assert!(!found("a quoted battery", "password", password));
    }

    #[test]
    fn finds_tokens_as_text_bytes_or_number() {
        let id = BASE64_URL_SAFE_NO_PAD.encode(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_i128.to_le_bytes());
        for line in [
            format!("id={id};"),
            format!("__Host-id-{id}"),
            "efcdab8967452301efcdab8967452301".to_owned(),
            format!("Id({})", 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_i128),
        ] {
            assert!(found(&line, "cookie", &id), "{line}");
        }
        assert!(!found(&id[..20], "cookie", &id));
    }

    #[test]
    fn finds_codes_only_as_six_separate_digits() {
        for line in ["code=123456&x", "123456 is your code", "code: 123-456 or 123456."] {
            assert!(found(line, "code", "123456"), "{line}");
        }
        for line in ["took 0.123456 s", "1234567", "0123456", "a123456", "123456b"] {
            assert!(!found(line, "code", "123456"), "{line}");
        }
    }
}
