//! Renders typed text (a small part of Markdown, `@names`, `#tags`, bare links) to HTML. It is rendered once, when it
//! is written. Typed HTML is shown as text, and the result passes a sanitiser that knows only the few elements made
//! here.
//!
//! No content is lost: only the markup characters disappear, and anything that the help of the composer does not name
//! is text as typed. That is why we parse it here and not with a full Markdown library, which removes link definitions,
//! titles, entities, rules and backslashes.

mod address;
mod blocks;
mod emphasis;
mod html;
mod inline;
mod link;
mod pieces;
mod tag;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

pub(crate) use self::link::has_plain_host;
pub(crate) use self::tag::TAG_SIGNS;
pub use self::{link::Link, tag::fold as tag};
use self::{pieces::Piece, words::Word};
use crate::base::{
    error::{Invalid, Result},
    id::{PostId, UserId},
    text,
};

/// The version of these rules. Raise it with them: the sweeper re-renders texts with a lower one. The statements of
/// `posts::render` and `profiles::render`, and their indexes, contain the number too.
pub const VERSION: i16 = 1;
/// The most users that one text can mention, and the most tags it can have.
pub const NAMES_MAX: usize = 20;

/// A rendered text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Safe to insert into a page as it is.
    pub html: String,
    /// The mentioned users and the name used for each, in lower case. A user with two names may occur twice.
    pub mentions: Vec<(UserId, String)>,
    /// The tags in it, folded as in [`tag`], each once.
    pub tags: Vec<String>,
    /// The number of mentions and tags over [`NAMES_MAX`]. They stay text.
    pub over: (usize, usize),
}

impl Rendered {
    /// Returns the mentioned users.
    pub fn people(&self) -> Vec<UserId> {
        self.mentions.iter().map(|(person, _)| *person).collect()
    }

    /// Fails if the text has too many mentions or tags.
    pub(crate) fn check(&self, field: &'static str) -> Result<(), Invalid> {
        let message = match self.over {
            (0, 0) => return Ok(()),
            (0, tags) => format!("You can use at most {NAMES_MAX} tags here. Leave out {tags}."),
            (people, _) => format!("You can mention at most {NAMES_MAX} people here. Leave out {people}."),
        };
        Err(Invalid::one(field, message))
    }
}

/// The stored text whose mentions are kept when it is changed: a name in it keeps meaning the same user, even if that
/// user has been renamed or suspended.
#[derive(Clone, Copy, Debug)]
pub enum Earlier {
    None,
    Post(PostId),
    BioOf(UserId),
}

/// A rendering like [`Rendered`], but with usernames, for callers that know the users themselves.
pub struct KnownNames {
    pub html: String,
    pub names: BTreeSet<String>,
    pub tags: BTreeSet<String>,
}

/// Renders `text` as it was typed. Names of users become mentions, also former names that still redirect to their
/// owner. One statement, or none without names.
pub async fn render(db: &mut PgConnection, text: &str, earlier: Earlier) -> Result<Rendered> {
    let pieces = read(text);
    let names = in_order(pieces.iter().filter_map(Piece::name));
    let people = if names.is_empty() { BTreeMap::new() } else { find(db, &names, earlier).await? };
    let known: Vec<String> = names.into_iter().filter(|name| people.contains_key(name)).collect();
    let tags = in_order(pieces.iter().filter_map(Piece::tag));
    let over = (known.len().saturating_sub(NAMES_MAX), tags.len().saturating_sub(NAMES_MAX));
    let mentioned: BTreeSet<String> = known.into_iter().take(NAMES_MAX).collect();
    let tags: BTreeSet<String> = tags.into_iter().take(NAMES_MAX).collect();
    let username_of = |name: &str| people.get(name).filter(|_| mentioned.contains(name)).map(|(_, now)| now.clone());
    let html = html::write(&pieces, username_of, &tags);
    let mentions = mentioned.iter().filter_map(|name| Some((people.get(name)?.0, name.clone()))).collect();
    Ok(Rendered { html, mentions, tags: tags.into_iter().collect(), over })
}

/// Returns the users with these names, locked, with their current usernames.
async fn find(db: &mut PgConnection, names: &[String], earlier: Earlier) -> Result<BTreeMap<String, (UserId, String)>> {
    let (post, owner) = match earlier {
        Earlier::None => (None, None),
        Earlier::Post(post) => (Some(post.0), None),
        Earlier::BioOf(owner) => (None, Some(owner.0)),
    };
    let found = sqlx::query!(
        r#"
        select n.name as "name!", u.id, u.username
        from unnest($1::text[]) as n (name)
        cross join lateral (
            select c.user_id from (
                select m.user_id, 0 as place from post_mentions m where m.post_id = $2 and m.name = n.name
                union all
                select b.user_id, 0 from bio_mentions b where b.owner_id = $3 and b.name = n.name
                union all
                select w.id, 1 from users w where w.username = n.name and w.suspended_at is null
                union all
                select f.user_id, 2 from former_usernames f join users w on w.id = f.user_id
                where f.username = n.name and f.reserved_until > now() and w.suspended_at is null
            ) c order by c.place limit 1
        ) c
        join users u on u.id = c.user_id
        order by u.id for key share of u
        "#,
        names,
        post,
        owner,
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|row| (row.name, (UserId(row.id), row.username))).collect())
}

/// Like [`render`], without a database.
pub fn known(text: &str, is_person: impl Fn(&str) -> bool) -> KnownNames {
    let pieces = read(text);
    let names = in_order(pieces.iter().filter_map(Piece::name));
    let names: BTreeSet<String> = names.into_iter().filter(|name| is_person(name)).take(NAMES_MAX).collect();
    let tags = tags(&pieces);
    let html = html::write(&pieces, |name| names.get(name).cloned(), &tags);
    KnownNames { html, names, tags }
}

/// Re-renders a text: by other rules, or after users in it were renamed. Its mentions stay the same; `username_of` returns
/// the current username for a name in the text. Returns the HTML and the tags.
pub(crate) fn again(text: &str, username_of: impl Fn(&str) -> Option<String>) -> (String, Vec<String>) {
    let pieces = read(text);
    let tags = tags(&pieces);
    (html::write(&pieces, username_of, &tags), tags.into_iter().collect())
}

/// Returns the HTML of `text` without mentions.
pub fn html(text: &str) -> String {
    known(text, |_| false).html
}

/// Returns the text without markup, in one line: for titles, previews and mails.
pub fn plain(text: &str) -> String {
    let text: String = read(text).iter().map(Piece::plain).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Parses the text. Text stored under older rules may contain invisible characters: none reaches a page.
fn read(typed: &str) -> Vec<Piece> {
    let visible = text::visible(typed);
    let lines: Vec<&str> = visible.split('\n').collect();
    let mut pieces = Vec::new();
    blocks::read(&lines, &mut pieces);
    pieces
}

fn tags(pieces: &[Piece]) -> BTreeSet<String> {
    in_order(pieces.iter().filter_map(Piece::tag)).into_iter().take(NAMES_MAX).collect()
}

/// Returns the words, each once, in the order of their first occurrence.
fn in_order(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    words.filter(|word| seen.insert(word.clone())).collect()
}
