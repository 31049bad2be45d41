//! The public data of users: profiles, posts, likes and follows. Of a suspended user nothing is shown but the
//! suspension.

mod edit;
mod link;
mod people;
mod render;
mod tabs;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
    },
    identity::users::UserSummary,
};
pub use edit::{BIO_MAX, Details, LINKS, PLACE_MAX, PRONOUNS_MAX, edit, own};
pub use people::{Listed, UserPage, followers, following};
pub use render::render_outdated;
pub use tabs::{Liked, Replies, Reply, liked, replies};

/// The head of a profile page.
#[derive(Clone, Debug)]
pub struct Profile {
    pub person: UserSummary,
    /// As it was typed.
    pub bio: String,
    /// The HTML of the bio; `None` when it was written by an older instance of the server.
    pub bio_html: Option<String>,
    pub pronouns: String,
    pub place: String,
    /// Addresses on the web.
    pub links: Vec<String>,
    pub joined_at: OffsetDateTime,
    pub followers: i64,
    pub following: i64,
    pub posts: i64,
    /// True if the viewer follows this user.
    pub followed: bool,
    /// True if this user follows the viewer.
    pub follows_viewer: bool,
    pub suspended: bool,
}

/// Returns the profile of `username` (any case), as `viewer` sees it. [`Error::NotFound`] when there is no such user.
pub async fn find(db: &mut PgConnection, username: &str, viewer: Option<UserId>) -> Result<Profile> {
    sqlx::query!(
        r#"
        select u.id, u.username, u.display_name, u.avatar, u.bio, u.bio_html, u.pronouns, u.place, u.links,
               u.created_at, c.followers, c.following, c.posts,
               exists (select 1 from follows where follower_id = $2 and followee_id = u.id) as "followed!",
               exists (select 1 from follows where follower_id = u.id and followee_id = $2) as "follows_viewer!",
               u.suspended_at is not null as "suspended!"
        from users u join profile_counts c on c.user_id = u.id
        where u.username = lower($1) and u.deleted_at is null
        "#,
        username,
        viewer.map(|v| v.0),
    )
    .fetch_optional(db)
    .await?
    .map(|row| Profile {
        person: UserSummary {
            id: UserId(row.id),
            username: row.username,
            display_name: row.display_name,
            avatar: row.avatar,
        },
        bio: row.bio,
        bio_html: row.bio_html,
        pronouns: row.pronouns,
        place: row.place,
        links: row.links,
        joined_at: row.created_at,
        followers: row.followers,
        following: row.following,
        posts: row.posts,
        followed: row.followed,
        follows_viewer: row.follows_viewer,
        suspended: row.suspended,
    })
    .ok_or(Error::NotFound)
}

/// Returns the current username of the user who had the name `username` before. [`Error::NotFound`] when there is none,
/// or the reservation has expired.
pub async fn renamed(db: &mut PgConnection, username: &str) -> Result<String> {
    sqlx::query_scalar!(
        r#"
        select u.username from former_usernames f join users u on u.id = f.user_id
        where f.username = lower($1) and f.reserved_until > now() and u.deleted_at is null
        "#,
        username,
    )
    .fetch_optional(db)
    .await?
    .ok_or(Error::NotFound)
}

/// Returns users that `viewer` does not follow yet, most followed first: suggestions next to a feed or in an empty one.
pub async fn suggestions(db: &mut PgConnection, viewer: Option<UserId>, most: i64) -> Result<Vec<UserSummary>> {
    let rows = sqlx::query!(
        r#"
        select u.id, u.username, u.display_name, u.avatar
        from profile_counts c join users u on u.id = c.user_id
        where u.suspended_at is null and u.id is distinct from $1
          and not exists (select 1 from follows where follower_id = $1 and followee_id = u.id)
        order by c.followers desc, u.id limit $2
        "#,
        viewer.map(|v| v.0),
        most,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| UserSummary {
            id: UserId(row.id),
            username: row.username,
            display_name: row.display_name,
            avatar: row.avatar,
        })
        .collect())
}
