//! The audit log of an account: one row per event, written in the transaction that caused it. Never contains a secret.

use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::base::{
    client::Client,
    error::Result,
    id::{DeviceId, UserId},
};

/// An event, as the table names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    SignedUp,
    /// Has the method of the sign-in, such as `password`.
    SignedIn {
        how: String,
    },
    SignedOut,
    /// The user elevated the session.
    Elevated {
        how: &'static str,
    },
    DeviceEnded {
        device: DeviceId,
    },
    OthersEnded {
        count: u64,
    },
    EverywhereEnded {
        count: u64,
    },
    Suspended {
        reason: String,
    },
    Restored,
    RoleChanged {
        role: &'static str,
    },
    PasswordReset,
    PasswordChanged,
    PasswordRemoved,
    EmailChanged,
    EmailRestored,
    UsernameChanged {
        from: String,
    },
    /// A linked identity. It can sign in to this account from now on.
    IdentityLinked {
        label: String,
        login: String,
    },
    IdentityUnlinked {
        label: String,
        login: String,
    },
    Exported,
    /// Started by the operator.
    ResetStarted,
    Deleted,
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
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::PasswordRemoved => "password_removed",
            Self::EmailChanged => "email_changed",
            Self::EmailRestored => "email_restored",
            Self::UsernameChanged { .. } => "username_changed",
            Self::IdentityLinked { .. } => "identity_linked",
            Self::IdentityUnlinked { .. } => "identity_unlinked",
            Self::Exported => "exported",
            Self::ResetStarted => "reset_started",
            Self::Deleted => "deleted",
        }
    }

    fn detail(&self) -> Value {
        match self {
            Self::SignedIn { how } => json!({ "how": how }),
            Self::Elevated { how } => json!({ "how": how }),
            Self::DeviceEnded { device } => json!({ "device": device.to_string() }),
            Self::OthersEnded { count } | Self::EverywhereEnded { count } => json!({ "count": count }),
            Self::Suspended { reason } => json!({ "reason": reason }),
            Self::RoleChanged { role } => json!({ "role": role }),
            Self::UsernameChanged { from } => json!({ "from": from }),
            Self::IdentityLinked { label, login } | Self::IdentityUnlinked { label, login } => {
                json!({ "label": label, "login": login })
            }
            Self::SignedUp
            | Self::SignedOut
            | Self::Restored
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::PasswordRemoved
            | Self::EmailChanged
            | Self::EmailRestored
            | Self::Exported
            | Self::ResetStarted
            | Self::Deleted => json!({}),
        }
    }
}

/// The author of an event and the origin of the request.
pub enum Actor<'a> {
    /// The user, in this browser.
    Person { user: UserId, device: Option<DeviceId>, client: &'a Client },
    /// The user of an e-mail link: they can read the mailbox, and we know nothing else about them.
    LinkHolder { client: &'a Client },
    /// The operator's command line, or a background task.
    System,
}

/// Writes one event about `user`.
pub async fn record(db: &mut PgConnection, user: UserId, actor: Actor<'_>, event: &Event) -> Result<()> {
    let (actor_id, device, client) = match actor {
        Actor::Person { user, device, client } => (Some(user.0), device.map(|d| d.0), Some(client)),
        Actor::LinkHolder { client } => (None, None, Some(client)),
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
