//! The activity of the account.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Result,
    base::clock,
    identity::sessions::{self, AuditEvent, request::Member},
};
use time::OffsetDateTime;

use super::page;
use crate::{
    page::{FormError, visit::Visit},
    paths,
    ui::when,
};

/// The position at which the page starts.
#[derive(Deserialize)]
pub struct From {
    before: Option<i64>,
}

/// `GET /settings/activity`
pub async fn show(visit: Visit, me: Member, Query(from): Query<From>) -> Result<Response> {
    let events = sessions::activity(&mut *visit.cx.server.db().acquire().await?, &me, from.before).await?;
    Ok(page(&visit, paths::ACTIVITY, &FormError::none(), view(&events.items, events.next, clock::now())))
}

fn view(events: &[AuditEvent], older: Option<i64>, now: OffsetDateTime) -> impl IntoView + use<> {
    let rows = events.iter().map(|event| row(event, now)).collect_view();
    let older = older.map(|id| {
        view! { <p><a class="button" rel="next" href=paths::before(paths::ACTIVITY, id)>"Older"</a></p> }
    });
    view! {
        <p class="lead">"If something here wasn’t you, choose a new password: it signs out all your other devices."</p>
        <ul class="devices events">{rows}</ul>
        {older}
    }
}

fn row(event: &AuditEvent, now: OffsetDateTime) -> impl IntoView + use<> {
    let words = event.words.clone();
    let place = match (event.agent, event.ip) {
        (Some(agent), Some(ip)) => format!(" · {agent} · {ip}"),
        _ if event.by_operator => " · by the people who run this site".to_owned(),
        // The device and IP address are deleted after 90 days.
        _ => String::new(),
    };
    view! {
        <li class="device">
            <div class="device-words">
                <h2>{words}</h2>
                <p>{when(event.at, now)} {place}</p>
            </div>
        </li>
    }
}
