//! The feeds: the latest posts of everyone, of the followed users, and of one user. Newest first, by cursor: a page is
//! requested by the id it starts below, so its cost does not grow with depth and no post appears twice when new posts
//! arrive between two pages.

use sqlx::PgConnection;

use crate::{
    base::{
        error::Result,
        id::{PostId, UserId},
        paged::Paged,
    },
    social::posts::{Post, PostRow, post_rows},
};

/// The number of posts on one page of a feed.
pub const PAGE: i64 = 50;

/// One page of posts, newest first.
pub type Page = Paged<Post, PostId>;

/// Builds a page from one row more than it has.
pub(crate) fn page(rows: Vec<PostRow>) -> Page {
    Paged::from_rows(rows, PAGE, |row| PostId(row.id), Post::from)
}

/// Returns the latest posts of everyone older than `before` (from the newest when `None`), as `viewer` sees them. One
/// statement.
pub async fn latest(db: &mut PgConnection, viewer: Option<UserId>, before: Option<PostId>) -> Result<Page> {
    let rows = post_rows!(
        r#"
        from posts p join users u on u.id = p.author_id
        where p.parent_id is null and p.id < $2 and u.suspended_at is null
        order by p.id desc limit $3
        "#,
        viewer.map(|v| v.0),
        before.map_or(i64::MAX, |b| b.0),
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(page(rows))
}

/// Returns the latest posts of the users that `reader` follows, and the reader's own. One statement.
///
/// For each of these users it looks up the newest post below the cursor: one index look-up. Only the fifty-one users
/// with the newest of these posts can have a post on this page or the first post of the next, so only their posts are
/// merged. The cost grows with the number of followed users, but not with the number of their posts, the reader or the
/// depth of the page. See docs/decisions/0007.
pub async fn following(db: &mut PgConnection, reader: UserId, before: Option<PostId>) -> Result<Page> {
    let rows = post_rows!(
        with r#"
        with heard as (
            select a.id from (
                select f.id, n.newest from (
                    select followee_id as id from follows where follower_id = $1 union all select $1
                ) f cross join lateral (
                    select p.id as newest from posts p
                    where p.author_id = f.id and p.parent_id is null and p.id < $2
                    order by p.id desc limit 1
                ) n
                order by n.newest desc
            ) a join users u on u.id = a.id
            where u.suspended_at is null
            order by a.newest desc limit $3
        ), page as (
            select n.id from heard h cross join lateral (
                select p.id from posts p
                where p.author_id = h.id and p.parent_id is null and p.id < $2
                order by p.id desc limit $3
            ) n
            order by n.id desc limit $3
        )
        "#,
        r#"
        from page join posts p on p.id = page.id join users u on u.id = p.author_id
        order by p.id desc
        "#,
        reader.0,
        before.map_or(i64::MAX, |b| b.0),
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(page(rows))
}

/// Returns the posts of one user, without replies. One statement.
pub async fn by_author(
    db: &mut PgConnection,
    author: UserId,
    viewer: Option<UserId>,
    before: Option<PostId>,
) -> Result<Page> {
    let rows = post_rows!(
        r#"
        from posts p join users u on u.id = p.author_id
        where p.author_id = $2 and p.parent_id is null and p.id < $3 and u.suspended_at is null
        order by p.id desc limit $4
        "#,
        viewer.map(|v| v.0),
        author.0,
        before.map_or(i64::MAX, |b| b.0),
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(page(rows))
}
