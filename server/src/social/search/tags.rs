//! Finds tags by prefix. Reads them from the index of tagged posts, one step per tag, however many posts have it.

use super::{Query, Search};
use crate::{base::error::Result, social::tags};

/// The number of tags on one page.
pub const TAGS: i64 = 30;
/// The most words of a search that are looked up.
const MAX_WORDS: usize = 8;
/// The most tags read for a word, and the most posts read of one tag, to find a post of a user who is not suspended.
const MAX_TAGS_READ: i32 = 300;
const MAX_POSTS_READ: i64 = 100;

/// One page of tags, in alphabetical order.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    pub tags: Vec<String>,
    /// The cursor of the next page: its tags come after this one; `None` on the last.
    pub more: Option<String>,
}

/// Returns the start of a tag; in Greek also with the sigma that it has inside a word.
fn with_medial_sigma(begin: String) -> impl Iterator<Item = String> {
    let with_medial = begin.strip_suffix('ς').map(|letters| format!("{letters}σ"));
    [Some(begin), with_medial].into_iter().flatten()
}

impl Search<'_> {
    /// Returns at most `limit` tags that start with one of the words of `query`, after `after`.
    pub async fn tags(&mut self, query: &Query, after: Option<&str>, limit: i64) -> Result<Tags> {
        let words = query.words.iter().chain(&query.phrases).flat_map(|part| part.split(' '));
        let begin: Vec<String> = words.filter_map(tags::normal).take(MAX_WORDS).flat_map(with_medial_sigma).collect();
        if begin.is_empty() {
            return Ok(Tags::default());
        }
        let mut tags = sqlx::query_scalar!(
            r#"
            select distinct found.tag collate "C" as "tag!" from unnest($1::text[]) as word cross join lateral (
                with recursive step (tag, n) as (
                    (select t.tag, 1 from post_tags t
                     where t.tag >= greatest(word collate "C", $2) and t.tag > $2 order by t.tag limit 1)
                    union all
                    select (select t.tag from post_tags t where t.tag > s.tag order by t.tag limit 1), s.n + 1
                    from step s where starts_with(s.tag, word) and s.n < $4
                )
                select s.tag from step s
                where starts_with(s.tag, word) and exists (
                    select 1 from (
                        select t.post_id from post_tags t where t.tag = s.tag order by t.post_id desc limit $5
                    ) newest
                    join posts p on p.id = newest.post_id join users u on u.id = p.author_id
                    where u.suspended_at is null
                )
                limit $3
            ) found
            order by 1 limit $3
            "#,
            &begin,
            after.unwrap_or_default(),
            limit + 1,
            MAX_TAGS_READ,
            MAX_POSTS_READ,
        )
        .fetch_all(&mut *self.tx)
        .await?;
        let has_more = tags.len() as i64 > limit;
        tags.truncate(limit as usize);
        let more = tags.last().filter(|_| has_more).cloned();
        Ok(Tags { tags, more })
    }
}
