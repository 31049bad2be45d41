//! Following somebody, and no longer following them. Both can be said twice and are true once.

use crate::{
    error::{Error, Invalid, Result},
    limits,
    request::{Member, Request},
};

/// How a follow stands after a change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub followed: bool,
    pub followers: i64,
}

/// Follows, or with `follow == false` no longer follows, the person called `username`.
///
/// [`Error::NotFound`] when nobody is (or they are suspended, for a new follow); [`Error::Invalid`] for oneself.
pub async fn set(cx: &Request, me: &Member, username: &str, follow: bool) -> Result<Standing> {
    limits::take(&cx.server, limits::FOLLOW, me.id().0).await?;
    let mut tx = cx.server.begin().await?;
    let them = sqlx::query!("select id, suspended_at from users where username = lower($1)", username)
        .fetch_optional(&mut *tx)
        .await?
        .filter(|them| !follow || them.suspended_at.is_none())
        .ok_or(Error::NotFound)?
        .id;
    if them == me.id().0 {
        return Err(Invalid::one("username", "You can't follow yourself.").into());
    }
    if follow {
        sqlx::query!(
            "insert into follows (follower_id, followee_id) values ($1, $2) on conflict do nothing",
            me.id().0,
            them
        )
        .execute(&mut *tx)
        .await?;
    } else {
        sqlx::query!("delete from follows where follower_id = $1 and followee_id = $2", me.id().0, them)
            .execute(&mut *tx)
            .await?;
    }
    let followers = sqlx::query_scalar!("select followers from profile_counts where user_id = $1", them)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Standing { followed: follow, followers })
}
