//! The signed-in check: one indexed query a request. It also counts what the navigation shows on every page.

use crate::{
    Server,
    accounts::Role,
    error::Result,
    id::{DeviceId, UserId},
    profiles::Author,
    request::Client,
    sessions::SessionKey,
};

/// What the check found.
pub struct Checked {
    pub person: Author,
    pub role: Role,
    pub device: DeviceId,
    pub elevated: bool,
    /// What they were told and have not read: [`crate::notifications::MOST_COUNTED`] at most, and one for more.
    pub unread: i64,
}

/// Who is signed in by `key`: role and suspension as they are now, nothing remembered from earlier.
///
/// # Errors
/// When the database does not answer: that is never the same as nobody.
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
        // Not worth failing a page for: a read-only database still serves who is signed in.
        if let Err(error) = seen(server, client, key).await {
            tracing::warn!(%error, "could not note that a session was seen");
        }
    }
    Ok(Some(Checked {
        person: Author {
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

/// Notes that a session is in use, and lets it rest anew: at most once in five minutes. An update, never an upsert: a
/// deleted row stays deleted.
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
