//! The audit log of an account: one row per event, written in the transaction that caused it. Never contains a secret.

use std::net::IpAddr;

use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    error::Result,
    id::{DeviceId, UserId},
    request::{Client, Member},
    sessions::{How, UserAgent},
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

/// An event for display to its user.
#[derive(Clone, Debug)]
pub struct Seen {
    pub id: i64,
    pub at: OffsetDateTime,
    /// The description for the user.
    pub words: String,
    /// True if an operator did it, not a browser.
    pub by_operator: bool,
    /// The browser and the IP address of the request; both are erased after a while.
    pub agent: Option<UserAgent>,
    pub ip: Option<IpAddr>,
}

/// Events that the operator's command line or a background task writes. E-mail links, which have no known user either,
/// write none of these.
const OPERATORS: [&str; 5] = ["suspended", "restored", "role_changed", "everywhere_ended", "reset_started"];

/// The number of events on one page of an activity list.
pub const PAGE: i64 = 50;

/// Returns the events of the user's account, newest first, older than `before`, and the start of the next page.
pub async fn list(db: &mut PgConnection, me: &Member, before: Option<i64>) -> Result<(Vec<Seen>, Option<i64>)> {
    let mut events = of_user(db, me.id(), before.unwrap_or(i64::MAX), PAGE + 1).await?;
    let more = events.len() > PAGE as usize;
    events.truncate(PAGE as usize);
    let older = events.last().filter(|_| more).map(|event| event.id);
    Ok((events, older))
}

/// Returns the events of an account below an id, newest first.
pub(crate) async fn of_user(db: &mut PgConnection, user: UserId, before: i64, most: i64) -> Result<Vec<Seen>> {
    let rows = sqlx::query!(
        r#"
        select id, at, actor_id, kind, detail, user_agent, ip as "ip: ipnetwork::IpNetwork" from audit_events
        where user_id = $1 and id < $2 order by id desc limit $3
        "#,
        user.0,
        before,
        most,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Seen {
            id: row.id,
            at: row.at,
            words: words(&row.kind, &row.detail),
            by_operator: row.actor_id.is_none() && OPERATORS.contains(&row.kind.as_str()),
            agent: row.ip.is_some().then(|| UserAgent::parse(&row.user_agent)),
            ip: row.ip.map(|net| net.ip()),
        })
        .collect())
}

fn words(kind: &str, detail: &Value) -> String {
    let text = |name: &str| detail[name].as_str().unwrap_or_default();
    let count = detail["count"].as_u64().unwrap_or_default();
    match kind {
        "signed_up" => "You created this account".to_owned(),
        "signed_in" => format!("Signed in {}", How::words(text("how"))),
        "signed_out" => "Signed out".to_owned(),
        "elevated" => "You proved that it is you".to_owned(),
        "device_ended" => "A device was signed out".to_owned(),
        "others_ended" => format!("All other devices were signed out ({count})"),
        "everywhere_ended" => format!("All devices were signed out ({count})"),
        "suspended" => format!("The account was suspended: {}", text("reason")),
        "restored" => "The account was restored".to_owned(),
        "role_changed" => format!("Your role is now {}", text("role")),
        "password_reset" => "A new password was chosen by mail".to_owned(),
        "password_changed" => "The password was changed".to_owned(),
        "password_removed" => "The password was removed".to_owned(),
        "email_changed" => "The e-mail address was changed".to_owned(),
        "email_restored" => "A change of the e-mail address was taken back".to_owned(),
        "reset_started" => "A link for a new password was sent".to_owned(),
        "exported" => "You downloaded your data".to_owned(),
        "identity_linked" => format!("{} was connected ({})", text("label"), text("login")),
        "identity_unlinked" => format!("{} was disconnected ({})", text("label"), text("login")),
        "username_changed" => format!("The username was changed from @{}", text("from")),
        other => other.replace('_', " "),
    }
}
