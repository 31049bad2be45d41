//! The page that answers a form of another user.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use server::identity::sessions::request::Member;

use crate::{
    page::{
        Page, Shell,
        forms::is_form,
        visit::{Visit, here},
    },
    paths,
    ui::{Weight, button_link},
};

/// The fields that are shown again, with their labels. Passwords and codes are not among them.
const SHOWN: [(&str, &str); 4] =
    [("email", "E-mail"), ("identifier", "E-mail or username"), ("username", "Username"), ("display_name", "Name")];

/// The page that answers this request.
pub(super) async fn page(request: Request) -> Response {
    let back = here(request.method(), request.uri(), request.headers());
    let visit = match Visit::unasked(request.extensions(), back) {
        Ok(visit) => visit,
        Err(error) => return error.into_response(),
    };
    // Only the body of a form is read before, within the limit of its route. Nothing else is read at all.
    let body = if is_form(request.headers()).is_ok() {
        Bytes::from_request(request, &()).await.unwrap_or_default()
    } else {
        Bytes::new()
    };
    respond(&visit, &body)
}

/// Returns 409 with the name of the user who is signed in and the typed text from the fields of `form`.
pub fn respond(visit: &Visit, form: &[u8]) -> Response {
    let Some(me) = visit.me() else { return StatusCode::CONFLICT.into_response() };
    let page = Page::new(title(me)).own_heading().status(StatusCode::CONFLICT).shell(Shell::Card);
    let view = view! {
        <div class="stack">
            <h1>{title(me)}</h1>
            <p role="alert">
                {format!(
                    "The page you sent this from was opened before you signed in as @{}. Nothing was changed.",
                    me.person.username,
                )}
            </p>
            {typed(form)}
            {button_link("Open the page again", visit.here.clone(), Weight::Primary)}
            {button_link("Go to the latest posts", paths::HOME, Weight::Quiet)}
        </div>
    };
    page.respond(visit, view)
}

/// The heading of every page that refuses a form of another user.
pub fn title(me: &Member) -> String {
    format!("You are signed in as @{}", me.person.username)
}

fn typed(body: &[u8]) -> impl IntoView + use<> {
    let shown = |(field, label): (&str, &'static str)| {
        let (_, text) = form_urlencoded::parse(body).find(|(name, _)| name == field)?;
        (!text.is_empty()).then(|| view! { <dt>{label}</dt><dd>{text.into_owned()}</dd> })
    };
    let shown: Vec<_> = SHOWN.into_iter().filter_map(shown).collect();
    (!shown.is_empty()).then(|| view! { <p>"You had typed:"</p><dl>{shown}</dl> })
}
