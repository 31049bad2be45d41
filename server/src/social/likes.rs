//! Likes and unlikes posts. Both are idempotent.

use crate::{
    base::{
        error::{Error, Result},
        id::PostId,
    },
    identity::{
        sessions::{
            self,
            request::{Member, Request},
        },
        users,
    },
    limits,
    social::notifications,
};

/// The state of a like after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LikeState {
    pub liked: bool,
    pub likes: i64,
}

/// Likes, or with `like == false` unlikes, a post. [`Error::NotFound`] when there is no such post.
pub async fn set(cx: &Request, me: &Member, post: PostId, like: bool) -> Result<LikeState> {
    limits::counted(cx.server.db(), (limits::LIKE, me.id().0), write(cx, me, post, like)).await
}

async fn write(cx: &Request, me: &Member, post: PostId, like: bool) -> Result<LikeState> {
    let mut tx = sessions::begin(cx, me).await?;
    if like {
        // Users before posts, posts before likes: the common lock order (docs/decisions/0003). Locks the user's own row
        // so that the user is not suspended in the meantime. Locks the post at once as strongly as counting the like
        // does: see how replies lock theirs.
        let inserted = sqlx::query!(
            r#"
            insert into likes (post_id, user_id)
            select p.id, me.id from users me, posts p join users u on u.id = p.author_id
            where me.id = $2 and me.suspended_at is null and p.id = $1
            for share of me for key share of u for no key update of p
            on conflict do nothing
            "#,
            post.0,
            me.id().0,
        )
        .execute(&mut *tx)
        .await?;
        if inserted.rows_affected() == 1 {
            notifications::liked(&mut tx, post, me.id()).await?;
        }
    } else {
        users::lock_shared_active(&mut tx, me.id()).await?;
        notifications::unliked(&mut tx, post, me.id()).await?;
    }
    // A post that no page shows cannot be liked (see posts::find); an earlier like of it can still be taken back.
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
    Ok(LikeState { liked: like, likes })
}
