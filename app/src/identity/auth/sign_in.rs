//! Sign-in and sign-out.

use std::time::Duration;

use axum::{extract::Query, response::Response};
use http::{HeaderName, HeaderValue, StatusCode, header::SET_COOKIE};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Error, Invalid, Result,
    base::redirect_target::safe_next,
    http::cookies::Cookie,
    identity::{
        auth::sign_in::{self as verb, Attempt},
        sessions::{self, request::Request},
    },
};

use super::{Onward, provider_buttons};
use crate::{
    page::{FormError, card, error_page, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{Field, checkbox, error_summary, hidden, submit},
};

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInForm {
    identifier: String,
    password: server::Secret,
    #[serde(default)]
    remember: bool,
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`
pub async fn show(visit: Visit, Query(onward): Query<Onward>) -> Response {
    let typed = SignInValues { identifier: String::new(), remember: true, next: onward.next };
    card(&visit, "Sign in", StatusCode::OK, view(&visit, &typed, &Invalid::default()))
}

/// The sign-in page with the errors of another attempt to sign in.
pub(super) fn instead(visit: &Visit, next: &str, error: FormError) -> Response {
    let shown = SignInValues { identifier: String::new(), remember: true, next: next.to_owned() };
    error.card(visit, "Sign in", view(visit, &shown, &error.invalid))
}

/// `POST /sign-in`
pub async fn sign_in(visit: Visit, Form(typed): Form<SignInForm>) -> Result<Response> {
    let attempt = Attempt { identifier: typed.identifier, password: typed.password, remember: typed.remember };
    let next = safe_next(&typed.next, paths::HOME);
    match verb::sign_in(&visit.cx, &attempt).await {
        Ok(()) => Ok(Flash::SignedIn.redirect(&visit.cx.server, next)),
        Err(error) => {
            let error = match error {
                Error::Limited(wait) => limited(wait),
                other => FormError::of(other)?,
            };
            let shown =
                SignInValues { identifier: attempt.identifier, remember: attempt.remember, next: next.to_owned() };
            Ok(error.card(&visit, "Sign in", view(&visit, &shown, &error.invalid)))
        }
    }
}

/// Too many passwords were tried: the time to wait, and the options that still work.
fn limited(wait: Duration) -> FormError {
    let error = Error::Limited(wait);
    let time = error_page::wait(error.retry_after().unwrap_or(1));
    let message = format!(
        "Too many sign-ins were tried here or for this name; others may have done that. You can try again in {time}, or \
         sign in with a code by mail at once."
    );
    FormError::with_message(&error, "", message)
}

/// `POST /sign-out`
pub async fn sign_out(cx: Request) -> Result<Response> {
    sessions::sign_out(&cx).await?;
    Ok(signed_out(&cx, Flash::SignedOut))
}

/// Cookies that mean something only to the user who was signed in or had begun something.
const LEFT_BEHIND: [Cookie; 6] =
    [Cookie::Session, Cookie::Flow, Cookie::Proof, Cookie::OAuth, Cookie::Link, Cookie::Draft];

/// Leaves nothing of the session in the browser: neither its cookie, nor anything it stored, nor anything it had begun.
/// The next person at this browser cannot continue it.
pub fn signed_out(cx: &Request, flash: Flash) -> Response {
    let mut response = flash.redirect(&cx.server, paths::HOME);
    let headers = response.headers_mut();
    for removal in LEFT_BEHIND.into_iter().filter_map(|cookie| cookie.remove(&cx.server.config().origin)) {
        headers.append(SET_COOKIE, removal);
    }
    headers.insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));
    response
}

struct SignInValues {
    identifier: String,
    remember: bool,
    next: String,
}

fn view(visit: &Visit, shown: &SignInValues, invalid: &Invalid) -> impl IntoView + use<> {
    view! {
        <h1>"Welcome back"</h1>
        {error_summary(invalid)}
        <form method="post" action=paths::SIGN_IN class="stack">
            {hidden("next", &shown.next)}
            {Field::new("identifier", "E-mail or username")
                .value(&shown.identifier)
                .autocomplete("username")
                .autocapitalize("none")
                .spellcheck(false)
                .maxlength(254)
                .required()
                .autofocus()
                .errors(invalid)
                .view()}
            {Field::new("password", "Password")
                .kind("password")
                .autocomplete("current-password")
                .maxlength(256)
                .required()
                .view()}
            {checkbox("remember", "Keep me signed in", shown.remember)}
            {submit("Sign in")}
        </form>
        {provider_buttons::sign_in_buttons(visit, &shown.next)}
        <p class="card-foot">
            <a href=paths::SIGN_IN_CODE>"Sign in with a code by mail"</a>
            <span>" · "</span>
            <a href=paths::FORGOT_PASSWORD>"Forgot your password?"</a>
        </p>
        <p class="card-foot">"New here? " <a href=paths::SIGN_UP>"Create an account"</a></p>
    }
}
