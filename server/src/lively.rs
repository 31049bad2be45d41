//! What people write about these days: the tags of the last week, by how many different people used them.
//!
//! Counting reads a week's posts, so no page does it: a background task of each copy does, whichever comes first, into a
//! small table. Each copy holds what that table says, a minute old at most, and pages take it from there: it costs them
//! no statement. One person's posts count once, and those of somebody suspended not at all.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use crate::{Server, error::Result};

/// A tag that is lively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lively {
    pub tag: String,
    /// Different people who used it within the week, and in how many posts.
    pub people: i64,
    pub posts: i64,
}

/// How many are kept.
const MOST: i64 = 20;
/// A tag of one person's is not lively, however much they write.
const COMPANY: i64 = 2;
/// Between two looks at the table.
const PAUSE: Duration = Duration::from_secs(60);

/// What this copy shows.
#[derive(Default)]
pub(crate) struct Board(RwLock<Arc<[Lively]>>);

impl Board {
    /// As it was last read, the liveliest first.
    pub(crate) fn read(&self) -> Arc<[Lively]> {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    fn show(&self, lively: Vec<Lively>) {
        *self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = lively.into();
    }
}

/// Counts and reads until the process ends.
pub async fn run(server: Server) {
    loop {
        if let Err(error) = refresh(&server).await {
            tracing::warn!(%error, "could not count what is lively; trying again");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Counts if that is due and nobody else does, then reads what was counted.
pub async fn refresh(server: &Server) -> Result<()> {
    count(server).await?;
    let lively =
        sqlx::query_as!(Lively, "select tag, people, posts from lively_tags order by people desc, posts desc, tag")
            .fetch_all(server.db())
            .await?;
    server.board().show(lively);
    Ok(())
}

/// Counts the last week. It locks nothing that a page or a deletion could wait for: it only reads posts.
async fn count(server: &Server) -> Result<()> {
    let mut tx = server.begin().await?;
    let due = sqlx::query_scalar!(
        "select at from lively_counted where at < now() - interval '5 minutes' for update skip locked"
    )
    .fetch_optional(&mut *tx)
    .await?;
    if due.is_none() {
        return Ok(());
    }
    sqlx::query!("select set_config('statement_timeout', '60s', true)").fetch_one(&mut *tx).await?;
    sqlx::query!("delete from lively_tags").execute(&mut *tx).await?;
    // Ids and times go up together: the first post of the week is found by halving, thirty looks at the key. From there
    // post by post (`offset 0`), and up to the last: a planner that cannot know where the week begins takes it for a third
    // of all there are, and would read them all; but from here to there for a little.
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
        insert into lively_tags (tag, people, posts)
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
        MOST,
        COMPANY,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("update lively_counted set at = now()").execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}
