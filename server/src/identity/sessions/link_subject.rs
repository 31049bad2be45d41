//! The account and the session of a link, for the page that asks before it acts.

use std::net::IpAddr;

use time::OffsetDateTime;

use super::{UserAgent, request::Request};
use crate::{base::error::Result, identity::email_links::EmailLink};

/// The account a link acts on, and the session it revokes.
#[derive(Clone, Debug)]
pub struct Subject {
    pub username: String,
    /// `None` for another kind of link, and once the session has ended.
    pub session: Option<LinkedSession>,
}

/// A session that a link revokes, for display.
#[derive(Clone, Debug)]
pub struct LinkedSession {
    pub agent: UserAgent,
    pub ip: Option<IpAddr>,
    pub signed_in_at: OffsetDateTime,
}

/// Returns the subject of a link. One statement.
pub async fn link_subject(cx: &Request, link: &EmailLink) -> Result<Subject> {
    let row = sqlx::query!(
        r#"
        select u.username, s.user_agent as "user_agent?", s.ip as "ip?: ipnetwork::IpNetwork", s.created_at as "created_at?"
        from users u left join sessions s on s.user_id = u.id and s.device_id = $2 and s.expires_at > now()
        where u.id = $1
        "#,
        link.user.0,
        link.device.map(|device| device.0),
    )
    .fetch_one(cx.server.db())
    .await?;
    let session = row.created_at.map(|signed_in_at| LinkedSession {
        agent: UserAgent::parse(&row.user_agent.unwrap_or_default()),
        ip: row.ip.map(|network| network.ip()),
        signed_in_at,
    });
    Ok(Subject { username: row.username, session })
}
