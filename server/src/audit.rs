//! What happened to an account, one row an event, written in the transaction that made it happen. Never a secret.

use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::{error::Result, id::{DeviceId, UserId}, request::Client};

/// An event, as the table names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    SignedUp,
    /// With the way it was done, such as `password`.
    SignedIn { how: &'static str },
    SignedOut,
    /// They proved again who they are.
    Elevated { how: &'static str },
    DeviceEnded { device: DeviceId },
    OthersEnded { count: u64 },
    EverywhereEnded { count: u64 },
    Suspended { reason: String },
    Restored,
    RoleChanged { role: &'static str },
    Invited { role: &'static str },
}

impl Event {
    fn kind(&self) -> &'static str {
        match self {
            Self::SignedUp => "signed_up",
            Self::SignedIn { .. } => "signed_in",
            Self::SignedOut => "signed_out",
            Self::Elevated { .. } => "elevated",
            Self::DeviceEnded { .. } => "device_ended",
            Self::OthersEnded { .. } => "others_ended",
            Self::EverywhereEnded { .. } => "everywhere_ended",
            Self::Suspended { .. } => "suspended",
            Self::Restored => "restored",
            Self::RoleChanged { .. } => "role_changed",
            Self::Invited { .. } => "invited",
        }
    }

    fn detail(&self) -> Value {
        match self {
            Self::SignedIn { how } | Self::Elevated { how } => json!({ "how": how }),
            Self::DeviceEnded { device } => json!({ "device": device.to_string() }),
            Self::OthersEnded { count } | Self::EverywhereEnded { count } => json!({ "count": count }),
            Self::Suspended { reason } => json!({ "reason": reason }),
            Self::RoleChanged { role } | Self::Invited { role } => json!({ "role": role }),
            Self::SignedUp | Self::SignedOut | Self::Restored => json!({}),
        }
    }
}

/// Who did it, and from where.
pub enum Actor<'a> {
    /// Themselves, in this browser.
    Person { user: UserId, device: Option<DeviceId>, client: &'a Client },
    /// The operator's command line, or a background task.
    System,
}

/// Writes one event about `user`.
pub async fn record(db: &mut PgConnection, user: UserId, actor: Actor<'_>, event: &Event) -> Result<()> {
    let (actor_id, device, client) = match actor {
        Actor::Person { user, device, client } => (Some(user.0), device.map(|d| d.0), Some(client)),
        Actor::System => (None, None, None),
    };
    sqlx::query!(
        "insert into audit_events (user_id, actor_id, kind, device_id, ip, user_agent, detail) values ($1, $2, $3, $4, $5, $6, $7)",
        user.0,
        actor_id,
        event.kind(),
        device,
        client.map(|c| c.ip.into()) as Option<ipnetwork::IpNetwork>,
        client.map_or("", |c| &c.user_agent),
        event.detail(),
    )
    .execute(db)
    .await?;
    tracing::info!(event = event.kind(), user = %user, "account event");
    Ok(())
}
