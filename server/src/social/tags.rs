//! Tags: the posts with a tag.

use sqlx::PgConnection;

use crate::{
    base::{
        error::Result,
        id::{PostId, UserId},
    },
    social::{
        feed::{self, PAGE, Page},
        markup,
        posts::post_rows,
    },
};

/// Returns the stored form of a typed tag; `None` when it is no tag.
pub fn normal(typed: &str) -> Option<String> {
    markup::tag(typed.strip_prefix(markup::TAG_SIGNS).unwrap_or(typed))
}

/// Returns the newest posts (and replies) with a tag older than `before`, as `viewer` sees them. One statement: scans
/// the tag's own part of the key (`offset 0` makes the planner do so), so a rare tag does not cause a scan of all
/// posts.
pub async fn posts(db: &mut PgConnection, tag: &str, viewer: Option<UserId>, before: Option<PostId>) -> Result<Page> {
    let rows = post_rows!(
        r#"
        from (select post_id from post_tags where tag = $2 and post_id < $3 order by post_id desc offset 0) t
        cross join lateral (
            select id, author_id, parent_id, body, html, created_at, edited_at, like_count, reply_count
            from posts where id = t.post_id offset 0
        ) p
        join users u on u.id = p.author_id
        where u.suspended_at is null
        order by t.post_id desc limit $4
        "#,
        viewer.map(|v| v.0),
        tag,
        before.map_or(i64::MAX, |b| b.0),
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(feed::page(rows))
}
