//! The replies and likes of a user. Their posts are in [`feed`](crate::social::feed).

use sqlx::PgConnection;

use crate::{
    base::{
        error::Result,
        id::{PostId, UserId},
        paged::Paged,
        time_cursor::TimeCursor,
    },
    social::{
        feed::PAGE,
        posts::{Post, PostRow},
    },
};

/// A reply, and the user it answers.
#[derive(Clone, Debug)]
pub struct Reply {
    pub post: Post,
    /// The username; `None` when that user is suspended, or deleted the post.
    pub to: Option<String>,
}

/// One page of replies, newest first.
pub type Replies = Paged<Reply, PostId>;

/// One page of liked posts, the newest like first.
pub type Liked = Paged<Post, TimeCursor>;

/// Builds a post like [`PostRow`] does, from a row with more columns.
macro_rules! post {
    ($row:expr) => {
        Post::from(PostRow {
            id: $row.id,
            parent_id: $row.parent_id,
            body: $row.body,
            html: $row.html,
            created_at: $row.created_at,
            edited_at: $row.edited_at,
            like_count: $row.like_count,
            reply_count: $row.reply_count,
            liked: $row.liked,
            author_id: $row.author_id,
            username: $row.username,
            display_name: $row.display_name,
            avatar: $row.avatar,
        })
    };
}

/// Returns the replies of `author`, older than `before`, as `viewer` sees them. One statement.
pub async fn replies(
    db: &mut PgConnection,
    author: UserId,
    viewer: Option<UserId>,
    before: Option<PostId>,
) -> Result<Replies> {
    let rows = sqlx::query!(
        r#"
        select p.id, p.parent_id, p.body, p.html, p.created_at, p.edited_at, p.like_count,
               p.reply_count, exists (select 1 from likes l where l.post_id = p.id and l.user_id = $1 offset 0) as "liked!",
               u.id as author_id, u.username, u.display_name, u.avatar, w.username as "to?"
        from posts p join users u on u.id = p.author_id
             left join posts q on q.id = p.parent_id
             left join users w on w.id = q.author_id and w.suspended_at is null
        where p.author_id = $2 and p.parent_id is not null and p.id < $3 and u.suspended_at is null
        order by p.id desc limit $4
        "#,
        viewer.map(|v| v.0),
        author.0,
        before.map_or(i64::MAX, |b| b.0),
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(Paged::from_rows(rows, PAGE, |row| PostId(row.id), |row| Reply { to: row.to, post: post!(row) }))
}

/// Returns the posts that `user` liked before `before`, as `viewer` sees them. One statement.
pub async fn liked(
    db: &mut PgConnection,
    user: UserId,
    viewer: Option<UserId>,
    before: Option<TimeCursor>,
) -> Result<Liked> {
    let start = before.unwrap_or(TimeCursor::END);
    let rows = sqlx::query!(
        r#"
        select p.id, p.parent_id, p.body, p.html, p.created_at, p.edited_at, p.like_count,
               p.reply_count, exists (select 1 from likes m where m.post_id = p.id and m.user_id = $1 offset 0) as "liked!",
               u.id as author_id, u.username, u.display_name, u.avatar, l.created_at as liked_at
        from likes l join posts p on p.id = l.post_id join users u on u.id = p.author_id
        where l.user_id = $2 and (l.created_at, l.post_id) < ($3, $4) and u.suspended_at is null
        order by l.created_at desc, l.post_id desc limit $5
        "#,
        viewer.map(|v| v.0),
        user.0,
        start.at,
        start.id,
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(Paged::from_rows(rows, PAGE, |row| TimeCursor { at: row.liked_at, id: row.id }, |row| post!(row)))
}
