//! The second step of sign-up: the code from the mail.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Error, Invalid, Result,
    identity::auth::{
        MailOutcome,
        sign_up::{self as verb, Step},
    },
};

use super::{CODE_WORKS, Nothing, drop_flow};
use crate::{
    page::{FormError, card, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{Field, error_summary, submit},
};

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyForm {
    code: String,
}

/// `GET /sign-up/verify`
pub async fn show(visit: Visit) -> Result<Response> {
    match verb::current(&visit.cx).await {
        Ok(registration) if registration.verified => Ok(Redirect::to(paths::SIGN_UP_FINISH).into_response()),
        Ok(registration) => {
            Ok(card(&visit, "Check your mail", StatusCode::OK, view(&registration.email, &Invalid::default())))
        }
        Err(error) => gone(&visit, error),
    }
}

/// `POST /sign-up/verify`
pub async fn verify(visit: Visit, Form(typed): Form<VerifyForm>) -> Result<Response> {
    match verb::verify(&visit.cx, &typed.code).await {
        Ok(step) => Ok(after(&visit, step)),
        Err(error) => match FormError::of(error) {
            Ok(form_error) => refused(&visit, &form_error).await,
            Err(error) => gone(&visit, error),
        },
    }
}

/// `POST /sign-up/resend`
pub async fn resend(visit: Visit, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    match verb::resend(&visit.cx).await {
        Ok(MailOutcome::Sent(())) => Ok(Flash::CodeSent.redirect(&visit.cx.server, paths::SIGN_UP_VERIFY)),
        Ok(MailOutcome::Earlier(wait)) => refused(&visit, &FormError::mail_limit(wait, CODE_WORKS)).await,
        Err(error) => gone(&visit, error),
    }
}

async fn refused(visit: &Visit, form_error: &FormError) -> Result<Response> {
    match verb::current(&visit.cx).await {
        Ok(registration) => {
            Ok(form_error.card(visit, "Check your mail", view(&registration.email, &form_error.invalid)))
        }
        Err(error) => form_error.gone_unless_limited(gone(visit, error)?),
    }
}

/// Returns the response after a step.
pub(super) fn after(visit: &Visit, step: Step) -> Response {
    let server = &visit.cx.server;
    let origin = &server.config().origin;
    match step {
        Step::Done => drop_flow(Flash::Welcome.redirect(server, paths::HOME), origin),
        Step::Choose => Redirect::to(paths::SIGN_UP_FINISH).into_response(),
        Step::HaveAccount => drop_flow(Flash::HaveAccount.redirect(server, paths::SIGN_IN), origin),
    }
}

/// Without a pending sign-up the user starts at its first page.
pub(super) fn gone(visit: &Visit, error: Error) -> Result<Response> {
    match error {
        Error::NotFound => {
            let server = &visit.cx.server;
            let start = Flash::SignUpGone.redirect(server, paths::SIGN_UP);
            Ok(drop_flow(start, &server.config().origin))
        }
        other => Err(other),
    }
}

fn view(email: &str, invalid: &Invalid) -> impl IntoView + use<> {
    let email = email.to_owned();
    view! {
        <h1>"Check your mail"</h1>
        {error_summary(invalid)}
        <p>"We sent a mail to " <strong class="address">{email}</strong> ". Type the six digits from it here."</p>
        <form method="post" action=paths::SIGN_UP_VERIFY class="stack">
            {code_field(invalid).view()}
            {submit("Create my account")}
        </form>
        <form method="post" action=paths::SIGN_UP_RESEND class="card-foot">
            "Nothing there? Look in the spam folder, or "
            <button class="link" type="submit">"send a new code"</button>
            "."
        </form>
        <p class="card-foot"><a href=paths::SIGN_UP>"Use another address"</a></p>
    }
}

/// The field for a code from a mail.
pub(crate) fn code_field(invalid: &Invalid) -> Field {
    Field::new("code", "Code")
        .inputmode("numeric")
        .autocomplete("one-time-code")
        .spellcheck(false)
        .maxlength(40)
        .hint("It works for 10 minutes.")
        .required()
        .autofocus()
        .errors(invalid)
}
