//! The settings: the user's own data, and forms to change it.

pub mod account;
pub mod activity;
pub mod connections;
pub mod devices;
pub mod notifications;
pub mod profile;
pub mod security;

use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;

use crate::{
    page::{FormError, Page, Tab, visit::Visit},
    paths,
};

/// The navigation of the settings.
const PLACES: [(&str, &str); 7] = [
    (paths::PROFILE, "Profile"),
    (paths::DEVICES, "Devices"),
    (paths::ACCOUNT, "Account"),
    (paths::SECURITY, "Password"),
    (paths::NOTIFICATION_SETTINGS, "Notifications"),
    (paths::CONNECTIONS, "Connections"),
    (paths::ACTIVITY, "Activity"),
];

/// `GET /settings`
pub async fn index() -> Response {
    Redirect::to(paths::PROFILE).into_response()
}

/// A settings page, with the others one step away.
fn page(visit: &Visit, path: &'static str, error: &FormError, view: impl IntoView + 'static) -> Response {
    let title = PLACES.iter().find(|(place, _)| *place == path).map_or("Settings", |(_, name)| name);
    // Without a configured provider there is nothing to connect.
    let connects = path == paths::CONNECTIONS || visit.cx.server.providers().iter().next().is_some();
    let places = PLACES
        .into_iter()
        .filter(|(place, _)| connects || *place != paths::CONNECTIONS)
        .map(|(place, name)| {
            let current = (place == path).then_some("page");
            view! { <li><a href=place aria-current=current>{name}</a></li> }
        })
        .collect_view();
    let view = view! {
        <nav class="settings-nav" aria-label="Settings"><ul>{places}</ul></nav>
        <div class="settings">{view}</div>
    };
    let page = error.on(Page::new(title).tab(Tab::Settings));
    let page = if path == paths::PROFILE { page.module("crop.js") } else { page };
    page.respond(visit, view)
}
