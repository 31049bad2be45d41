//! Trending tags: the tags of the last week, ranked by the number of different users.
//!
//! Counting reads a week's posts, so no page does it. A background task of any instance counts into a small table. Each
//! instance keeps a copy of that table, a minute old at most, and pages read that copy: it costs them no statement. The
//! posts of one user count once, and those of suspended users not at all.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use crate::{Server, base::error::Result};

/// A trending tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrendingTag {
    pub tag: String,
    /// The number of different users who used it within the week, and of their posts.
    pub users: i64,
    pub posts: i64,
}

/// The number of tags in the table.
const MAX_TAGS: i64 = 20;
/// The fewest users of a trending tag: a tag of a single user never trends, however many posts have it.
const MIN_USERS: i64 = 2;
/// The interval between two reads of the table.
const REFRESH_INTERVAL: Duration = Duration::from_secs(60);

/// The copy of this instance.
#[derive(Default)]
pub(crate) struct TrendingBoard(RwLock<Arc<[TrendingTag]>>);

impl TrendingBoard {
    /// Returns the tags as last read, the top one first.
    pub(crate) fn read(&self) -> Arc<[TrendingTag]> {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    fn show(&self, trending: Vec<TrendingTag>) {
        *self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = trending.into();
    }
}

/// Counts and reads until the process ends.
pub async fn run(server: Server) {
    loop {
        if let Err(error) = refresh(&server).await {
            tracing::warn!(%error, "could not count trending tags; trying again");
        }
        tokio::time::sleep(REFRESH_INTERVAL).await;
    }
}

/// Counts if that is due and no other instance does, then reads the counts.
pub async fn refresh(server: &Server) -> Result<()> {
    count(server).await?;
    let trending = sqlx::query_as!(
        TrendingTag,
        "select tag, users, posts from trending_tags order by users desc, posts desc, tag"
    )
    .fetch_all(server.db())
    .await?;
    server.board().show(trending);
    Ok(())
}

/// Counts the last week. It only reads posts, so no page or deletion waits for its locks.
async fn count(server: &Server) -> Result<()> {
    let mut tx = server.begin().await?;
    let due = sqlx::query_scalar!(
        "select counted_at from trending_count where counted_at < now() - interval '5 minutes' for update skip locked"
    )
    .fetch_optional(&mut *tx)
    .await?;
    if due.is_none() {
        return Ok(());
    }
    sqlx::query!("select set_config('statement_timeout', '60s', true)").fetch_one(&mut *tx).await?;
    sqlx::query!("delete from trending_tags").execute(&mut *tx).await?;
    // Ids and times increase together: a binary search finds the first post of the week with thirty index look-ups.
    // From there it reads post by post (`offset 0`) up to the last one. The planner cannot know where the week begins:
    // with one bound it would assume a third of all posts and read them all, but with two bounds it assumes few.
    sqlx::query!(
        r#"
        with recursive week (low, high) as (
            select 0::bigint, coalesce(max(id), 0) + 1 from posts
            union all
            select case when early then middle + 1 else low end, case when early then high else middle end
            from week cross join lateral (select (low + high) / 2 as middle) half
            cross join lateral (
                select coalesce((
                    select p.created_at < now() - interval '7 days' from posts p where p.id >= middle order by p.id limit 1
                ), false) as early
            ) look
            where low < high
        )
        insert into trending_tags (tag, users, posts)
        select t.tag, count(distinct u.id), count(*)
        from (
            select id, author_id from posts
            where id >= (select max(low) from week) and id <= (select max(id) from posts) offset 0
        ) p
        cross join lateral (select tag from post_tags where post_id = p.id offset 0) t
        cross join lateral (select id from users where id = p.author_id and suspended_at is null offset 0) u
        group by t.tag having count(distinct u.id) >= $2
        order by 2 desc, 3 desc, 1 limit $1
        "#,
        MAX_TAGS,
        MIN_USERS,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("update trending_count set counted_at = now()").execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}
