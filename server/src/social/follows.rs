//! Follows and unfollows users. Both are idempotent.

use sqlx::PgConnection;

use crate::{
    base::{
        error::{Error, Invalid, Result},
        id::UserId,
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

/// The most users that one user can follow: a page of their posts costs a look-up for each of them
/// (docs/decisions/0007).
pub const MAX_FOLLOWS: i64 = 7_500;

/// The state of a follow after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowState {
    pub followed: bool,
    pub followers: i64,
}

/// Follows, or with `follow == false` unfollows, the user `username`.
///
/// [`Error::NotFound`] when there is no such user (or, for a new follow, the user is suspended); [`Error::Invalid`] for
/// the user's own username; [`Error::Full`] for one more than [`MAX_FOLLOWS`].
pub async fn set(cx: &Request, me: &Member, username: &str, follow: bool) -> Result<FollowState> {
    limits::counted(cx.server.db(), (limits::FOLLOW, me.id().0), write(cx, me, username, follow)).await
}

async fn write(cx: &Request, me: &Member, username: &str, follow: bool) -> Result<FollowState> {
    let mut tx = sessions::begin(cx, me).await?;
    let followee =
        sqlx::query!("select id, suspended_at from users where username = lower($1) and deleted_at is null", username)
            .fetch_optional(&mut *tx)
            .await?
            .filter(|followee| !follow || followee.suspended_at.is_none())
            .ok_or(Error::NotFound)?
            .id;
    if followee == me.id().0 {
        return Err(Invalid::one("username", "You can't follow yourself.").into());
    }
    users::lock_shared_active(&mut tx, me.id()).await?;
    if follow {
        let inserted = sqlx::query!(
            "insert into follows (follower_id, followee_id) values ($1, $2) on conflict do nothing",
            me.id().0,
            followee
        )
        .execute(&mut *tx)
        .await
        .map_err(map_follow_error)?;
        if inserted.rows_affected() == 1 {
            check_follow_limit(&mut tx, me.id()).await?;
            notifications::followed(&mut tx, UserId(followee), me.id()).await?;
        }
    } else {
        sqlx::query!("delete from follows where follower_id = $1 and followee_id = $2", me.id().0, followee)
            .execute(&mut *tx)
            .await?;
    }
    let followers = sqlx::query_scalar!("select followers from profile_counts where user_id = $1", followee)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(FollowState { followed: follow, followers })
}

/// Fails if the user now follows too many. Counting the new follow locks the row: of two concurrent follows the second
/// sees the first.
async fn check_follow_limit(tx: &mut PgConnection, me: UserId) -> Result<()> {
    let following =
        sqlx::query_scalar!("select following from profile_counts where user_id = $1", me.0).fetch_one(tx).await?;
    if following > MAX_FOLLOWS { Err(Error::Full) } else { Ok(()) }
}

/// Maps the error of a follow: the followed user was deleted at this moment. The follower cannot be: their row is
/// locked.
fn map_follow_error(error: sqlx::Error) -> Error {
    match error.as_database_error().and_then(|e| e.constraint()) {
        Some("follows_followee_id_fkey") => Error::NotFound,
        _ => error.into(),
    }
}
