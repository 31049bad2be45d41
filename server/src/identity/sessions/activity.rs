//! The activity list: reads the audit log of an account for display.

use std::net::IpAddr;

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{SignInMethod, UserAgent, request::Member};
use crate::base::{error::Result, id::UserId, paged::Paged};

/// An event for display to its user.
#[derive(Clone, Debug)]
pub struct AuditEvent {
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
pub const ACTIVITY_PER_PAGE: i64 = 50;

/// Returns a page of the events of the user's account, newest first, older than `before`.
pub async fn activity(db: &mut PgConnection, me: &Member, before: Option<i64>) -> Result<Paged<AuditEvent, i64>> {
    let events = activity_of(db, me.id(), before.unwrap_or(i64::MAX), ACTIVITY_PER_PAGE + 1).await?;
    Ok(Paged::from_rows(events, ACTIVITY_PER_PAGE, |event| event.id, |event| event))
}

/// Returns the events of an account below an id, newest first.
pub(crate) async fn activity_of(
    db: &mut PgConnection,
    user: UserId,
    before: i64,
    limit: i64,
) -> Result<Vec<AuditEvent>> {
    let rows = sqlx::query!(
        r#"
        select id, at, actor_id, kind, detail, user_agent, ip as "ip: ipnetwork::IpNetwork" from audit_events
        where user_id = $1 and id < $2 order by id desc limit $3
        "#,
        user.0,
        before,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| AuditEvent {
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
        "signed_in" => format!("Signed in {}", SignInMethod::words(text("how"))),
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
