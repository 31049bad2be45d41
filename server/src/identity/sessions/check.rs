//! The check of the session: one indexed query a request. It also counts the unread notifications, which every page
//! shows.

use crate::{
    Server,
    base::{
        client::Client,
        error::Result,
        id::{DeviceId, UserId},
    },
    identity::{
        sessions::SessionKey,
        users::{Role, UserSummary},
    },
};

/// The result of the check.
pub struct Checked {
    pub person: UserSummary,
    pub role: Role,
    pub device: DeviceId,
    pub elevated: bool,
    /// The number of unread notifications: at most [`MAX_COUNTED`](crate::social::notifications::MAX_COUNTED), and one
    /// more for any higher number.
    pub unread: i64,
}

/// Returns the user signed in by `key`, with the current role and suspension; nothing is cached.
///
/// # Errors
/// When the database does not answer: that never means "not signed in".
pub async fn check(server: &Server, client: &Client, key: &SessionKey) -> Result<Option<Checked>> {
    let found = sqlx::query!(
        r#"
        select u.id, u.username, u.display_name, u.avatar, u.role, s.device_id,
               coalesce(s.elevated_until > now(), false) as "elevated!",
               s.last_seen_at < now() - interval '5 minutes' as "rested!",
               case when visibility_is_changing() then notifications_unread_shown(u.id) else (select count(*) from (
                   select from notifications n where n.user_id = u.id and n.read_at is null and n.withdrawn_at is null
                   limit 100
               ) few) end as "unread!"
        from sessions s join users u on u.id = s.user_id
        where s.id = $1 and s.expires_at > now() and u.suspended_at is null
        "#,
        key.as_str(),
    )
    .fetch_optional(server.db())
    .await?;
    let Some(found) = found else { return Ok(None) };
    if found.rested {
        // No reason to fail a page: a read-only database still serves signed-in users.
        if let Err(error) = seen(server, client, key).await {
            tracing::warn!(%error, "could not note that a session was seen");
        }
    }
    Ok(Some(Checked {
        person: UserSummary {
            id: UserId(found.id),
            username: found.username,
            display_name: found.display_name,
            avatar: found.avatar,
        },
        role: Role::parse(&found.role),
        device: DeviceId(found.device_id),
        elevated: found.elevated,
        unread: found.unread,
    }))
}

/// Records that a session is in use and restarts its idle time: at most once in five minutes. An update, never an
/// upsert: a deleted row stays deleted.
async fn seen(server: &Server, client: &Client, key: &SessionKey) -> Result<()> {
    sqlx::query!(
        r#"
        update sessions set last_seen_at = now(), expires_at = least(now() + idle_for, ends_at), ip = $2, user_agent = $3
        where id = $1 and user_id is not null and last_seen_at < now() - interval '5 minutes'
        "#,
        key.as_str(),
        ipnetwork::IpNetwork::from(client.ip),
        client.user_agent,
    )
    .execute(server.db())
    .await?;
    Ok(())
}
