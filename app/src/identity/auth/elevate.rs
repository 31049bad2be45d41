//! Elevation: the user confirms who they are with the password or a code by e-mail; a user without a password may use a
//! connected account.

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Error, Invalid, Result, Secret,
    base::redirect_target::safe_next,
    http::cookies::Cookie,
    identity::{
        auth::{
            code::{self, CodePurpose},
            elevate as verb,
        },
        oauth,
        sessions::request::Member,
        users,
    },
};

use super::{Onward, drop, keep, provider_buttons, verify::code_field};
use crate::{
    page::{FormError, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{Field, error_summary, hidden, submit},
};

/// The fields of the form with the password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElevateForm {
    current_password: Secret,
    #[serde(default)]
    next: String,
}

/// The fields of the form that requests a code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElevateCodeRequest {
    #[serde(default)]
    next: String,
}

/// The fields of the form with the code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElevateCodeForm {
    code: String,
    #[serde(default)]
    next: String,
}

const TITLE: &str = "Is it you?";

/// `GET /elevate`
pub async fn show(visit: Visit, me: Member, Query(onward): Query<Onward>) -> Result<Response> {
    ask(&visit, &me, &onward.next, FormError::none()).await
}

/// `POST /elevate`
pub async fn elevate(visit: Visit, me: Member, Form(typed): Form<ElevateForm>) -> Result<Response> {
    let next = safe_next(&typed.next, paths::DEVICES);
    match verb::with_password(&visit.cx, &me, &typed.current_password).await {
        Ok(()) => Ok(Redirect::to(next).into_response()),
        Err(error) => ask(&visit, &me, next, FormError::of(error)?).await,
    }
}

/// `POST /elevate/send`
pub async fn send(visit: Visit, me: Member, Form(asked): Form<ElevateCodeRequest>) -> Result<Response> {
    let next = safe_next(&asked.next, paths::DEVICES);
    match verb::request_code(&visit.cx, &me).await {
        Ok(flow) => {
            let onward = Redirect::to(&paths::with_next(paths::ELEVATE_CODE, next)).into_response();
            Ok(keep(Cookie::Proof, onward, &visit.cx.server.config().origin, &flow))
        }
        Err(error) => ask(&visit, &me, next, FormError::of(error)?).await,
    }
}

/// `GET /elevate/code`
pub async fn show_code(visit: Visit, _: Member, Query(onward): Query<Onward>) -> Result<Response> {
    ask_code(&visit, &onward.next, FormError::none()).await
}

/// `POST /elevate/code`
pub async fn elevate_by_code(visit: Visit, me: Member, Form(typed): Form<ElevateCodeForm>) -> Result<Response> {
    let next = safe_next(&typed.next, paths::DEVICES);
    match verb::with_code(&visit.cx, &me, &typed.code).await {
        Ok(()) => Ok(drop(Cookie::Proof, Redirect::to(next).into_response(), &visit.cx.server.config().origin)),
        Err(Error::NotFound) => Ok(gone(&visit, next)),
        Err(error) => ask_code(&visit, next, FormError::of(error)?).await,
    }
}

/// The elevation page, with the errors of the form.
pub(super) async fn ask(visit: &Visit, me: &Member, next: &str, error: FormError) -> Result<Response> {
    let account = users::account(visit.cx.server.db(), me.id()).await?;
    // A sign-in at a provider proves less than a password.
    let identities = if account.has_password { Vec::new() } else { oauth::list(&visit.cx, me).await? };
    let ways = provider_buttons::elevation_buttons(visit, &identities, safe_next(next, paths::DEVICES));
    let view = view(me, next, (account.has_password, &error.invalid), ways);
    Ok(error.card(visit, TITLE, view))
}

async fn ask_code(visit: &Visit, next: &str, error: FormError) -> Result<Response> {
    match code::waiting(&visit.cx, CodePurpose::Elevate).await {
        Ok(email) => Ok(error.card(visit, TITLE, code_view(&email, next, &error.invalid))),
        Err(Error::NotFound) => error.gone_unless_limited(gone(visit, next)),
        Err(other) => Err(other),
    }
}

fn gone(visit: &Visit, next: &str) -> Response {
    Flash::CodeGone.redirect(&visit.cx.server, &paths::with_next(paths::ELEVATE, safe_next(next, paths::DEVICES)))
}

fn view(
    me: &Member,
    next: &str,
    (has_password, invalid): (bool, &Invalid),
    ways: impl IntoView + 'static,
) -> impl IntoView + 'static {
    let username = me.person.username.clone();
    let next = safe_next(next, paths::DEVICES).to_owned();
    let (for_code, away) = (next.clone(), next.clone());
    let with_password = has_password.then(|| {
        view! {
            <form method="post" action=paths::ELEVATE class="stack">
                {hidden("next", next)}
                // For password managers: the account that the password belongs to.
                <input type="text" autocomplete="username" value=username hidden readonly />
                {Field::new("current_password", "Password")
                    .kind("password")
                    .autocomplete("current-password")
                    .maxlength(256)
                    .required()
                    .autofocus()
                    .errors(invalid)
                    .view()}
                {submit("Continue")}
            </form>
        }
    });
    view! {
        <h1>{TITLE}</h1>
        {error_summary(invalid)}
        <p>"Before something important changes, please show once more that it is you. It counts for 10 minutes."</p>
        {with_password}
        {ways}
        <form method="post" action=paths::ELEVATE_SEND class="card-foot">
            {hidden("next", for_code)}
            <button class="link" type="submit">"Send me a code by mail"</button>
        </form>
        <p class="card-foot"><a href=away>"Not now"</a></p>
    }
}

fn code_view(email: &str, next: &str, invalid: &Invalid) -> impl IntoView + use<> {
    let (email, next) = (email.to_owned(), safe_next(next, paths::DEVICES).to_owned());
    let away = next.clone();
    view! {
        <h1>{TITLE}</h1>
        {error_summary(invalid)}
        <p>"We sent a mail to " <strong class="address">{email}</strong> ". Type the six digits from it here."</p>
        <form method="post" action=paths::ELEVATE_CODE class="stack">
            {hidden("next", next)}
            {code_field(invalid).view()}
            {submit("Continue")}
        </form>
        <p class="card-foot"><a href=away>"Not now"</a></p>
    }
}
