//! The language of comments: plain English. Few doc comments begin with a question word, and no
//! comment has a word that hides who acts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::{Run, counts::Counts};
use crate::workspace;

/// The folders with our sources.
const SOURCES: [&str; 5] = ["app", "end2end", "server", "src", "xtask"];
/// Doc comments say what an item does or is; they do not begin with these.
const QUESTIONS: [&str; 12] = [
    "What",
    "Who",
    "Whose",
    "Whom",
    "Where",
    "Whether",
    "How",
    "Which",
    "Whoever",
    "Whatever",
    "Whichever",
    "Wherever",
];
/// The most doc comments in a thousand that may begin with one of [`QUESTIONS`].
const QUESTIONS_MAX: usize = 30;
/// Words that leave open who acts, or that are out of use.
const VAGUE: [&str; 9] =
    ["anew", "comes in", "goes", "is told", "meanwhile", "nobody's", "somebody", "stands", "whoever"];

/// The counts over all files.
#[derive(Default)]
struct Found {
    comments: usize,
    questions: Vec<String>,
    vague: Vec<String>,
}

/// Fails when there are too many; prints the counts, and some of the lines to rewrite.
pub fn check(_: &Run) -> Result<Counts> {
    let mut found = Found::default();
    for folder in SOURCES {
        for file in rust_files(&workspace::root().join(folder))? {
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            found.read(&file.strip_prefix(workspace::root()).unwrap_or(&file).display().to_string(), &text);
        }
    }
    let share = found.questions.len() * 1_000 / found.comments.max(1);
    println!(
        "{} doc comments, {} begin with a question word ({share} of 1,000; at most {QUESTIONS_MAX})",
        found.comments,
        found.questions.len()
    );
    println!("{} vague words in comments", found.vague.len());
    let questions_fit = share <= QUESTIONS_MAX;
    let questions = found.questions.iter().filter(|_| !questions_fit);
    questions.chain(&found.vague).take(40).for_each(|line| println!("{line}"));
    ensure!(
        questions_fit && found.vague.is_empty(),
        "Say it plainly: the subject first, then what it does (CONTRIBUTING.md)."
    );
    Ok(Counts::default())
}

impl Found {
    fn read(&mut self, file: &str, text: &str) {
        let mut was_doc = false;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let at = || format!("{file}:{}: {line}", number + 1);
            let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
            if let Some(doc) = doc.filter(|_| !was_doc) {
                self.comments += 1;
                let first = doc.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
                if first.is_some_and(|word| QUESTIONS.contains(&word)) {
                    self.questions.push(at());
                }
            }
            was_doc = doc.is_some();
            if line.starts_with("//") {
                let vague = VAGUE.iter().map(|word| uses(line, word)).sum();
                self.vague.extend((0..vague).map(|_| at()));
            }
        }
    }
}

/// The number of times that a line has these words as words of their own.
fn uses(line: &str, words: &str) -> usize {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let small = line.to_lowercase();
    let alone = |(at, _): &(usize, &str)| {
        !small[..*at].ends_with(is_letter) && !small[at + words.len()..].starts_with(is_letter)
    };
    small.match_indices(words).filter(alone).count()
}

/// Returns the Rust files below a folder.
pub fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            match path.file_name().and_then(|name| name.to_str()) {
                Some("node_modules" | "target") => {}
                _ if path.is_dir() => folders.push(path),
                _ if path.extension().is_some_and(|kind| kind == "rs") => files.push(path),
                _ => {}
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_comment_once_and_matches_whole_words() {
        let mut found = Found::default();
        found.read(
            "x.rs",
            "/// Where it is.\n/// Who knows.\nfn x() {}\n/// Returns it.\n/// Somebody stands there.\n//! What?\nlet anew = 1; // anew\n// goes, forgoes",
        );
        assert_eq!((found.comments, found.questions.len(), found.vague.len()), (2, 1, 3));
    }
}
