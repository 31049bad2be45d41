//! Words as people type them (a small part of Markdown, `@names`, `#tags`, bare links) made into what a page shows.
//! It is done once, when the words are written. Nothing typed becomes markup of its own: HTML is shown as it was typed,
//! and what comes out has gone through a sanitiser that knows only the few elements made here.
//!
//! What it refuses: pictures, headings and rules as such (their text stays), links to anywhere but the web, links that
//! hide where they lead, nesting without end.

mod html;
mod link;
mod pieces;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

pub use self::{link::Link, words::tag};
use self::{pieces::Piece, words::Word};
use crate::{error::Result, id::UserId};

/// The most people one text can name, and the most tags it can have; what comes after stays plain text.
pub const NAMES_MAX: usize = 20;

/// Words, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Safe to put on a page as it is.
    pub html: String,
    /// Who is named in it, each once, and by which name: small.
    pub mentions: Vec<(UserId, String)>,
    /// The tags in it, folded as [`tag`] does, each once.
    pub tags: Vec<String>,
}

impl Rendered {
    /// Who is named in it.
    pub fn people(&self) -> Vec<UserId> {
        self.mentions.iter().map(|(person, _)| *person).collect()
    }
}

/// Words as [`Rendered`], with usernames for those who know by themselves who there is.
pub struct Known {
    pub html: String,
    pub names: BTreeSet<String>,
    pub tags: BTreeSet<String>,
}

/// Reads `text` as somebody typed it. Only people there are become links. One statement, or none without names.
pub async fn render(db: &mut PgConnection, text: &str) -> Result<Rendered> {
    let pieces = pieces::read(text);
    let names: Vec<String> = names(&pieces).into_iter().collect();
    let mut people = BTreeMap::new();
    if !names.is_empty() {
        let found = sqlx::query!(
            r#"
                select id, username from users
                where username = any($1) and suspended_at is null order by id for key share
                "#,
            &names
        )
        .fetch_all(db)
        .await?;
        people.extend(found.into_iter().map(|row| (row.username, UserId(row.id))));
    }
    let tags = tags(&pieces);
    let html = html::write(text, pieces, |name| people.contains_key(name).then(|| name.to_owned()), &tags);
    let mentions = people.into_iter().map(|(name, person)| (person, name)).collect();
    Ok(Rendered { html, mentions, tags: tags.into_iter().collect() })
}

/// As [`render`], without a database.
pub fn known(text: &str, is_person: impl Fn(&str) -> bool) -> Known {
    let pieces = pieces::read(text);
    let names: BTreeSet<String> = names(&pieces).into_iter().filter(|name| is_person(name)).collect();
    let tags = tags(&pieces);
    let html = html::write(text, pieces, |name| names.get(name).cloned(), &tags);
    Known { html, names, tags }
}

/// The HTML of `text` that was rendered before, when whom it names is called otherwise: `called` knows how, by the name
/// in it.
pub(crate) fn again(text: &str, called: impl Fn(&str) -> Option<String>) -> String {
    let pieces = pieces::read(text);
    let tags = tags(&pieces);
    html::write(text, pieces, called, &tags)
}

/// The HTML of `text` in which nobody is named.
pub fn html(text: &str) -> String {
    known(text, |_| false).html
}

/// The words alone, in one line: for titles, previews and mails.
pub fn plain(text: &str) -> String {
    let text: String = pieces::read(text).iter().map(Piece::plain).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn names(pieces: &[Piece<'_>]) -> BTreeSet<String> {
    first(pieces.iter().filter_map(Piece::name))
}

fn tags(pieces: &[Piece<'_>]) -> BTreeSet<String> {
    first(pieces.iter().filter_map(Piece::tag))
}

fn first(words: impl Iterator<Item = String>) -> BTreeSet<String> {
    let mut first = BTreeSet::new();
    for word in words {
        if first.len() < NAMES_MAX {
            first.insert(word);
        }
    }
    first
}
