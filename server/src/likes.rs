//! Liking a post, and taking it back. Both can be said twice and are true once.

use crate::{
    error::{Error, Result, on_constraint},
    id::PostId,
    limits,
    request::{Member, Request},
};

/// How a like stands after a change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub liked: bool,
    pub likes: i64,
}

/// Likes, or with `like == false` no longer likes, a post. [`Error::NotFound`] when there is no such post.
pub async fn set(cx: &Request, me: &Member, post: PostId, like: bool) -> Result<Standing> {
    limits::take(&cx.server, limits::LIKE, me.id().0).await?;
    let mut tx = cx.server.begin().await?;
    if like {
        sqlx::query!("insert into likes (post_id, user_id) values ($1, $2) on conflict do nothing", post.0, me.id().0)
            .execute(&mut *tx)
            .await
            .map_err(|e| on_constraint(e, "likes_post_id_fkey", Error::NotFound))?;
    } else {
        sqlx::query!("delete from likes where post_id = $1 and user_id = $2", post.0, me.id().0)
            .execute(&mut *tx)
            .await?;
    }
    // What no page shows cannot be liked (see posts::find); a like of before can still be taken back.
    let likes = sqlx::query_scalar!(
        r#"
        select p.like_count from posts p join users u on u.id = p.author_id
        where p.id = $1 and (u.suspended_at is null or not $2)
        "#,
        post.0,
        like,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(Standing { liked: like, likes })
}
