//! The selection of `cargo xtask test --quick`: the lints, the unit tests, and the HTTP tests of what changed.

use std::{collections::BTreeSet, process::Command};

use anyhow::Result;

use crate::{process, workspace};

/// The steps that run.
pub const STEPS: [&str; 6] = [
    "format",
    "plain English",
    "order of the modules",
    "sizes of the files",
    "clippy, and .sqlx is fresh",
    "rust tests",
];

/// Unit tests that take long: they try many pictures or texts.
const LONG: &str = "test(/^(identity::avatars|social::markup)::tests::(colours|random|hostile)/)";

/// Returns the arguments for nextest: a filter for the unit tests and for the HTTP tests of what changed.
pub fn arguments() -> Result<Vec<String>> {
    let changed = changed_files()?;
    let features = features(changed.lines());
    println!("HTTP tests of: {}", features.iter().cloned().collect::<Vec<_>>().join(", "));
    Ok(vec!["-E".to_owned(), filter(&features)])
}

/// Returns the files that differ from the last commit; if none do, those of the last commit.
fn changed_files() -> Result<String> {
    let git = |args: &[&str]| process::capture(Command::new("git").current_dir(workspace::root()).args(args));
    let uncommitted = git(&["status", "--porcelain", "--untracked-files=all", "--no-renames"])?;
    let files: String = uncommitted.lines().filter_map(|line| line.get(3..)).map(|file| format!("{file}\n")).collect();
    if files.is_empty() { git(&["diff", "--name-only", "HEAD~1"]) } else { Ok(files) }
}

/// Returns the features that files belong to: the name of the module, or of its folder, in the groups that tests have.
fn features<'a>(files: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut features = BTreeSet::new();
    for file in files {
        let below = ["server/src/", "app/src/", "src/tests/"].iter().find_map(|root| file.strip_prefix(root));
        let mut names = below.unwrap_or_default().trim_end_matches(".rs").split('/');
        if let (Some("identity" | "social" | "accounts" | "page" | "security" | "operations"), Some(feature)) =
            (names.next(), names.next())
            && feature != "mod"
        {
            features.insert(feature.to_owned());
        }
    }
    features
}

fn filter(features: &BTreeSet<String>) -> String {
    let unit = format!("(not package(kith) & not {LONG})");
    if features.is_empty() {
        return unit;
    }
    let names = features.iter().cloned().collect::<Vec<_>>().join("|");
    format!("{unit} | test(/^tests::[a-z_]+::({names})(::|_)/)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_the_tests_of_changed_features() {
        let files = [
            "server/src/social/likes.rs",
            "app/src/social/likes.rs",
            "app/src/identity/auth/sign_in.rs",
            "src/tests/identity/oauth/mod.rs",
            "server/src/base/id.rs",
            "README.md",
        ];
        let features = features(files.into_iter());
        assert_eq!(features.iter().map(String::as_str).collect::<Vec<_>>(), ["auth", "likes", "oauth"]);
        assert!(filter(&features).ends_with("| test(/^tests::[a-z_]+::(auth|likes|oauth)(::|_)/)"));
        assert!(!filter(&BTreeSet::new()).contains("tests::[a-z_]+"));
    }
}
