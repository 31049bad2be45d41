//! The followers of a user, and the users they follow: the newest first, a page at a time.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    base::{error::Result, id::UserId, paged::Paged, time_cursor::TimeCursor},
    identity::users::UserSummary,
};

/// The number of users on one page.
const PAGE: i64 = 50;

/// A user in the list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub person: UserSummary,
    pub bio: String,
    /// True if the viewer follows this user.
    pub followed: bool,
}

/// One page of users.
pub type UserPage = Paged<Listed, TimeCursor>;

struct Row {
    id: i64,
    username: String,
    display_name: String,
    avatar: Option<String>,
    bio: String,
    followed: bool,
    at: OffsetDateTime,
}

/// Returns the followers of `user`, before `before` (from the newest when `None`), as `viewer` sees them. One
/// statement.
pub async fn followers(
    db: &mut PgConnection,
    user: UserId,
    viewer: Option<UserId>,
    before: Option<TimeCursor>,
) -> Result<UserPage> {
    let start = before.unwrap_or(TimeCursor::END);
    let rows = sqlx::query_as!(
        Row,
        r#"
        select u.id, u.username, u.display_name, u.avatar, u.bio, f.created_at as at,
               exists (select 1 from follows m where m.follower_id = $2 and m.followee_id = u.id offset 0) as "followed!"
        from follows f join users u on u.id = f.follower_id
        where f.followee_id = $1 and (f.created_at, f.follower_id) < ($3, $4) and u.suspended_at is null
        order by f.created_at desc, f.follower_id desc limit $5
        "#,
        user.0,
        viewer.map(|v| v.0),
        start.at,
        start.id,
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(user_page(rows))
}

/// Returns the users that `user` follows, in the same way.
pub async fn following(
    db: &mut PgConnection,
    user: UserId,
    viewer: Option<UserId>,
    before: Option<TimeCursor>,
) -> Result<UserPage> {
    let start = before.unwrap_or(TimeCursor::END);
    let rows = sqlx::query_as!(
        Row,
        r#"
        select u.id, u.username, u.display_name, u.avatar, u.bio, f.created_at as at,
               exists (select 1 from follows m where m.follower_id = $2 and m.followee_id = u.id offset 0) as "followed!"
        from follows f join users u on u.id = f.followee_id
        where f.follower_id = $1 and (f.created_at, f.followee_id) < ($3, $4) and u.suspended_at is null
        order by f.created_at desc, f.followee_id desc limit $5
        "#,
        user.0,
        viewer.map(|v| v.0),
        start.at,
        start.id,
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(user_page(rows))
}

fn user_page(rows: Vec<Row>) -> UserPage {
    let cursor = |row: &Row| TimeCursor { at: row.at, id: row.id };
    Paged::from_rows(rows, PAGE, cursor, |row| Listed {
        person: UserSummary {
            id: UserId(row.id),
            username: row.username,
            display_name: row.display_name,
            avatar: row.avatar,
        },
        bio: row.bio,
        followed: row.followed,
    })
}
