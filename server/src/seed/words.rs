//! The tags and mentions in the seeded posts, and the HTML of each post.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{World, ids::Ids, sheet::Sheet};
use crate::{
    base::tokenizer::IndexedText,
    social::{markup, posts},
};

/// The tags and mentions of the posts, by their indexes in the world's lists.
pub(super) struct Signs {
    people: HashMap<String, u32>,
    tags: Vec<(String, u32)>,
    names: Vec<(u32, u32, String)>,
}

impl Signs {
    pub(super) fn of(world: &World) -> Self {
        let people = world.people.iter().enumerate().map(|(n, person)| (person.username.clone(), n as u32));
        Self { people: people.collect(), tags: Vec::new(), names: Vec::new() }
    }

    /// Returns the HTML of `post`, and records its tags and mentions.
    pub(super) fn render(&mut self, post: u32, body: &str) -> String {
        let words = markup::known(body, |name| self.people.contains_key(name));
        let named = words.names.into_iter().filter_map(|name| Some((post, *self.people.get(&name)?, name)));
        self.names.extend(named);
        self.tags.extend(words.tags.into_iter().map(|tag| (tag, post)));
        words.html
    }
}

/// Writes the tags and mentions.
pub(super) async fn all(db: &mut PgConnection, ids: &Ids, signs: &Signs) -> sqlx::Result<()> {
    let mut sheet = Sheet::open(&mut *db, "copy post_tags (tag, post_id) from stdin (format binary)").await?;
    for (tag, post) in &signs.tags {
        sheet.row(2).text(tag).int(ids.post(*post));
        sheet.send_full().await?;
    }
    sheet.finish().await?;
    let mut sheet = Sheet::open(db, "copy post_mentions (post_id, user_id, name) from stdin (format binary)").await?;
    for (post, person, name) in &signs.names {
        sheet.row(3).int(ids.post(*post)).int(ids.user(*person)).text(name);
        sheet.send_full().await?;
    }
    sheet.finish().await
}

/// The number of posts indexed by one statement.
const BATCH: i64 = 2_000;

/// Indexes the posts for search, as creating a post does.
pub(super) async fn index(db: &mut PgConnection, ids: &Ids) -> sqlx::Result<()> {
    let mut from = ids.post(0);
    loop {
        let posts = sqlx::query_as!(
            IndexedText,
            "select id, body as text from posts where id >= $1 order by id limit $2",
            from,
            BATCH
        )
        .fetch_all(&mut *db)
        .await?;
        let Some(last) = posts.last() else { return Ok(()) };
        from = last.id + 1;
        posts::index_posts(db, &posts).await?;
    }
}
