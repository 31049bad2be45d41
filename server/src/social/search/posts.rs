//! Finds posts by their words, newest first.
//!
//! The word index has no order: the cost of a very common word would grow with the site. So each post also carries, as
//! words that no user can type, the stretches of ids that it is in, small and large ones. A step queries one stretch
//! together with the search terms, and costs only the posts of that stretch. Stretches grow while they cost little (a
//! word that no post has) and stay small where they cost much (a phrase of common words). A step that still takes too
//! long (a word that is rare now and was common once) is cancelled, and the search reports how far it came: the next
//! search starts small there, so it always makes progress. See docs/decisions/0008.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};

use super::{Query, Search};
use crate::{
    base::{
        error::Result,
        id::{PostId, UserId},
    },
    social::{
        feed::{self, PAGE},
        posts::{Post, PostRow},
    },
};

/// The sizes of stretches, in powers of two: the smallest and the largest that `search_words` writes, and the step from
/// one to the next.
const SMALLEST: i32 = 12;
const LARGEST: i32 = 24;
const LARGER: i32 = 2;
/// A step that took less time may be followed by a larger one.
const FAST_STEP: Duration = Duration::from_millis(3);
/// The time limit of a search: then it returns the posts found so far, and the position to continue at.
const TIME_LIMIT: Duration = Duration::from_millis(15);

/// The result of a search for posts.
#[derive(Clone, Debug)]
pub struct Posts {
    pub page: feed::Page,
    /// The position to continue at: the time limit was reached, and older posts are left.
    pub further: Option<PostId>,
}

/// The query of one stretch: its size, and the id below which it ends.
struct Step<'a> {
    query: &'a Query,
    languages: &'a [String],
    viewer: Option<UserId>,
    below: i64,
    size: i32,
    limit: i64,
}

impl Search<'_> {
    /// Returns the newest posts before `before` that match all of `query`.
    pub async fn posts(&mut self, query: &Query, viewer: Option<UserId>, before: Option<PostId>) -> Result<Posts> {
        let begun = Instant::now();
        let mut below = before.map_or(i64::MAX, |id| id.0).min(self.newest.saturating_add(1));
        let (mut size, mut found) = (SMALLEST, Vec::new());
        while !query.is_empty() && below > 0 && found.len() as i64 <= PAGE && begun.elapsed() < TIME_LIMIT {
            let started = Instant::now();
            let limit = PAGE + 1 - found.len() as i64;
            let step = Step { query, languages: self.languages, viewer, below, size, limit };
            let Some(posts) = self.run_step(&step).await? else { break };
            found.extend(posts);
            below = ((below - 1) >> size) << size;
            if started.elapsed() < FAST_STEP {
                size = (size + LARGER).min(LARGEST);
            }
        }
        let has_more = found.len() as i64 > PAGE;
        found.truncate(PAGE as usize);
        let posts: Vec<Post> = found.into_iter().map(Post::from).collect();
        let older = posts.last().filter(|_| has_more).map(|post| post.id);
        let further = (!has_more && !query.is_empty() && below > 0).then_some(PostId(below));
        Ok(Posts { page: feed::Page { items: posts, next: older }, further })
    }

    /// Returns the posts of a step; `None` when it took too long. The first, smallest one costs no more than a page.
    async fn run_step(&mut self, step: &Step<'_>) -> Result<Option<Vec<PostRow>>> {
        if step.size == SMALLEST {
            return Ok(Some(step.fetch(&mut self.tx).await?));
        }
        // With a savepoint, so that a cancelled statement does not end the whole search.
        let mut savepoint = self.tx.begin().await?;
        match step.fetch(&mut savepoint).await {
            Err(error) if error.is_out_of_time() => Ok(None),
            result => result.map(Some),
        }
    }
}

impl Step<'_> {
    /// Returns the newest matching posts in the stretch of this size that ends below the id.
    async fn fetch(&self, db: &mut PgConnection) -> Result<Vec<PostRow>> {
        let (required, excluded) = (self.query.required(), self.query.excluded());
        // `+ 0` and `offset 0` make the planner use the plan whose cost depends on the stretch: first by words, then
        // the newest one by one. The query is computed once.
        Ok(sqlx::query_as!(
            PostRow,
            r#"
            with asked as materialized (
                select search_query($1, $2, $3, $4, $5) && quote_literal(post_stretch($6::bigint - 1, $7))::tsquery as words
            ), found as materialized (
                select post_id from post_words where words @@ (select a.words from asked a) and post_id + 0 < $6
            )
            select p.id as "id!", p.parent_id, p.body as "body!", p.html, p.created_at as "created_at!", p.edited_at,
                   p.like_count as "like_count!", p.reply_count as "reply_count!",
                   exists (select 1 from likes l where l.post_id = f.post_id and l.user_id = $8 offset 0) as "liked!",
                   p.user_id as "author_id!", p.username as "username!", p.display_name as "display_name!", p.avatar
            from found f cross join lateral (
                select p.id, p.parent_id, p.body, p.html, p.created_at, p.edited_at, p.like_count, p.reply_count,
                       u.id as user_id, u.username, u.display_name, u.avatar
                from posts p join users u on u.id = p.author_id
                where p.id = f.post_id and u.suspended_at is null
                offset 0
            ) p
            order by f.post_id desc limit $9
            "#,
            self.languages,
            &required.words,
            &required.phrases,
            &excluded.words,
            &excluded.phrases,
            self.below,
            self.size,
            self.viewer.map(|v| v.0),
            self.limit,
        )
        .fetch_all(db)
        .await?)
    }
}
