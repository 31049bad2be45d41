//! The first step of sign-up: e-mail, username, name and password.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Invalid, Result, Secret,
    identity::auth::{
        MailOutcome,
        sign_up::{self as verb, SignUpRequest},
    },
};

use super::{CODE_WORKS_THERE, keep_flow, provider_buttons};
use crate::{
    page::{FormError, card, forms::Form, visit::Visit},
    paths,
    ui::{Field, error_summary, submit},
};

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignUpForm {
    email: String,
    username: String,
    #[serde(default)]
    display_name: String,
    password: Secret,
}

/// `GET /sign-up`
pub async fn show(visit: Visit) -> Response {
    card(&visit, "Create an account", StatusCode::OK, view(&visit, &SignUpValues::default(), &Invalid::default()))
}

/// `POST /sign-up`
pub async fn begin(visit: Visit, Form(typed): Form<SignUpForm>) -> Result<Response> {
    let wish = SignUpRequest {
        email: typed.email,
        username: typed.username,
        display_name: typed.display_name,
        password: typed.password,
    };
    match verb::begin(&visit.cx, &wish).await {
        Ok(MailOutcome::Sent(flow)) => {
            let onward = Redirect::to(paths::SIGN_UP_VERIFY).into_response();
            Ok(keep_flow(onward, &visit.cx.server.config().origin, &flow))
        }
        Ok(MailOutcome::Earlier(wait)) => Ok(again(&visit, wish, FormError::mail_limit(wait, CODE_WORKS_THERE))),
        Err(error) => Ok(again(&visit, wish, FormError::of(error)?)),
    }
}

/// Shows the form again, with its errors.
fn again(visit: &Visit, wish: SignUpRequest, error: FormError) -> Response {
    let shown = SignUpValues { email: wish.email, username: wish.username, display_name: wish.display_name };
    error.card(visit, "Create an account", view(visit, &shown, &error.invalid))
}

#[derive(Default)]
struct SignUpValues {
    email: String,
    username: String,
    display_name: String,
}

fn view(visit: &Visit, shown: &SignUpValues, invalid: &Invalid) -> impl IntoView + use<> {
    view! {
        <h1>"Join Kith"</h1>
        {error_summary(invalid)}
        <form method="post" action=paths::SIGN_UP class="stack">
            {Field::new("email", "E-mail")
                .inputmode("email")
                .value(&shown.email)
                .autocomplete("email")
                .autocapitalize("none")
                .spellcheck(false)
                .maxlength(254)
                .hint("We send a code there. Nobody else sees it.")
                .required()
                .autofocus()
                .errors(invalid)
                .view()}
            {username_field(&shown.username, invalid).view()}
            {Field::new("display_name", "Name (optional)")
                .value(&shown.display_name)
                .autocomplete("name")
                .maxlength(2 * 50)
                .errors(invalid)
                .view()}
            {new_password_field("password", invalid).view()}
            {submit("Continue")}
        </form>
        {provider_buttons::sign_in_buttons(visit, paths::HOME)}
        <p class="card-foot">"Been here before? " <a href=paths::SIGN_IN>"Sign in"</a></p>
    }
}

/// The field for a new username.
pub(crate) fn username_field(value: &str, invalid: &Invalid) -> Field {
    Field::new("username", "Username")
        .prefix("@")
        .value(value)
        .autocomplete("username")
        .autocapitalize("none")
        .spellcheck(false)
        .minlength(3)
        .maxlength(25)
        .hint("3 to 24 letters a to z, digits or _. It is your address here.")
        .required()
        .errors(invalid)
}

/// The field for a new password.
pub(crate) fn new_password_field(name: &'static str, invalid: &Invalid) -> Field {
    Field::new(name, "Password")
        .kind("password")
        .autocomplete("new-password")
        .minlength(8)
        .maxlength(256)
        .hint("At least 8 characters. A few unrelated words work well.")
        .required()
        .errors(invalid)
}
