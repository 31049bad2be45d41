//! Following somebody, and no longer following them. Both can be said twice and are true once.

use sqlx::PgConnection;

use crate::{
    accounts,
    error::{Error, Invalid, Result},
    id::UserId,
    limits, notifications,
    request::{Member, Request},
    sessions,
};

/// The most people one can follow: a page of what they write costs a step for each of them (docs/decisions/0007).
pub const MOST: i64 = 7_500;

/// How a follow stands after a change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub followed: bool,
    pub followers: i64,
}

/// Follows, or with `follow == false` no longer follows, the person called `username`.
///
/// [`Error::NotFound`] when nobody is (or they are suspended, for a new follow); [`Error::Invalid`] for oneself;
/// [`Error::Full`] for one more than [`MOST`].
pub async fn set(cx: &Request, me: &Member, username: &str, follow: bool) -> Result<Standing> {
    limits::counted(&cx.server, (limits::FOLLOW, me.id().0), write(cx, me, username, follow)).await
}

async fn write(cx: &Request, me: &Member, username: &str, follow: bool) -> Result<Standing> {
    let mut tx = sessions::begin(cx, me).await?;
    let them =
        sqlx::query!("select id, suspended_at from users where username = lower($1) and deleted_at is null", username)
            .fetch_optional(&mut *tx)
            .await?
            .filter(|them| !follow || them.suspended_at.is_none())
            .ok_or(Error::NotFound)?
            .id;
    if them == me.id().0 {
        return Err(Invalid::one("username", "You can't follow yourself.").into());
    }
    accounts::stay(&mut tx, me.id()).await?;
    if follow {
        let begun = sqlx::query!(
            "insert into follows (follower_id, followee_id) values ($1, $2) on conflict do nothing",
            me.id().0,
            them
        )
        .execute(&mut *tx)
        .await
        .map_err(gone)?;
        if begun.rows_affected() == 1 {
            keep_to_most(&mut tx, me.id()).await?;
            notifications::followed(&mut tx, UserId(them), me.id()).await?;
        }
    } else {
        sqlx::query!("delete from follows where follower_id = $1 and followee_id = $2", me.id().0, them)
            .execute(&mut *tx)
            .await?;
    }
    let followers = sqlx::query_scalar!("select followers from profile_counts where user_id = $1", them)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(Standing { followed: follow, followers })
}

/// Counting the new follow holds the row: of two at once the second sees the first.
async fn keep_to_most(tx: &mut PgConnection, me: UserId) -> Result<()> {
    let following =
        sqlx::query_scalar!("select following from profile_counts where user_id = $1", me.0).fetch_one(tx).await?;
    if following > MOST { Err(Error::Full) } else { Ok(()) }
}

/// They are deleted at this very moment; oneself cannot be.
fn gone(error: sqlx::Error) -> Error {
    match error.as_database_error().and_then(|e| e.constraint()) {
        Some("follows_followee_id_fkey") => Error::NotFound,
        _ => error.into(),
    }
}
