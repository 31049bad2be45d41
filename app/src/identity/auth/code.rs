//! Sign-in with a code by e-mail.

use std::time::Duration;

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Error, Invalid, Result,
    identity::auth::{
        MailOutcome,
        code::{self, CodePurpose},
        sign_in_code as verb,
    },
};

use super::{CODE_WORKS, LINK_WORKS, drop_flow, keep_flow, verify::code_field, waiting_for};
use crate::{
    page::{FormError, card, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{Field, checkbox, error_summary, hidden, submit},
};

/// The fields of the form that requests a code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInCodeRequest {
    email: String,
}

/// The fields of the form with the code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInCodeForm {
    code: String,
    #[serde(default)]
    remember: bool,
}

/// The query of the link in the mail.
#[derive(Default, Deserialize)]
pub struct CodeLinkQuery {
    #[serde(default)]
    code: String,
    /// True if the user wants to use another address.
    #[serde(default)]
    new: bool,
}

const TITLE: &str = "Sign in by mail";

/// `GET /sign-in/code`: asks for the address, or for the code that was sent. The link in the mail only fills in the
/// code: a program that opens links by itself does not use it up.
pub async fn show(visit: Visit, Query(link): Query<CodeLinkQuery>) -> Result<Response> {
    if link.new {
        let page = card(&visit, TITLE, StatusCode::OK, ask_view("", &Invalid::default()));
        return Ok(drop_flow(page, &visit.cx.server.config().origin));
    }
    match code::waiting(&visit.cx, CodePurpose::SignIn).await {
        Ok(email) => Ok(card(&visit, TITLE, StatusCode::OK, code_view(&email, &link.code, &Invalid::default()))),
        Err(Error::NotFound) => {
            let told = if link.code.is_empty() {
                Invalid::default()
            } else {
                Invalid::one("", "That code has expired, or was requested in another browser. We can send a new one.")
            };
            Ok(card(&visit, TITLE, StatusCode::OK, ask_view("", &told)))
        }
        Err(other) => Err(other),
    }
}

/// `POST /sign-in/code/send`
pub async fn send(visit: Visit, Form(asked): Form<SignInCodeRequest>) -> Result<Response> {
    match verb::request(&visit.cx, &asked.email).await {
        Ok(MailOutcome::Sent(flow)) => {
            let onward = Redirect::to(paths::SIGN_IN_CODE).into_response();
            Ok(keep_flow(onward, &visit.cx.server.config().origin, &flow))
        }
        Ok(MailOutcome::Earlier(wait)) => sent_earlier(&visit, &asked.email, wait).await,
        Err(error) => {
            let error = FormError::of(error)?;
            Ok(error.card(&visit, TITLE, ask_view(&asked.email, &error.invalid)))
        }
    }
}

/// No further mail can be sent now: returns the page for the code this browser waits for, or the form.
async fn sent_earlier(visit: &Visit, typed: &str, wait: Duration) -> Result<Response> {
    let waiting = waiting_for(visit, CodePurpose::SignIn, typed).await?;
    let error = FormError::mail_limit(wait, if waiting.is_some() { CODE_WORKS } else { LINK_WORKS });
    let page = match waiting {
        Some(email) => error.card(visit, TITLE, code_view(&email, "", &error.invalid)),
        None => error.card(visit, TITLE, ask_view(typed, &error.invalid)),
    };
    Ok(page)
}

/// `POST /sign-in/code`
pub async fn sign_in(visit: Visit, Form(typed): Form<SignInCodeForm>) -> Result<Response> {
    let server = &visit.cx.server;
    match verb::sign_in(&visit.cx, &typed.code, typed.remember).await {
        Ok(()) => Ok(drop_flow(Flash::SignedIn.redirect(server, paths::HOME), &server.config().origin)),
        Err(Error::NotFound) => Ok(gone(&visit)),
        Err(error) => {
            let error = FormError::of(error)?;
            match code::waiting(&visit.cx, CodePurpose::SignIn).await {
                Ok(email) => Ok(error.card(&visit, TITLE, code_view(&email, "", &error.invalid))),
                // Another press of the same button used the code first.
                Err(Error::NotFound) => error.gone_unless_limited(gone(&visit)),
                Err(other) => Err(other),
            }
        }
    }
}

fn gone(visit: &Visit) -> Response {
    Flash::CodeGone.redirect(&visit.cx.server, paths::SIGN_IN_CODE)
}

fn ask_view(email: &str, invalid: &Invalid) -> impl IntoView + use<> {
    view! {
        <h1>{TITLE}</h1>
        {error_summary(invalid)}
        <p>"We send you six digits. No password needed."</p>
        <form method="post" action=paths::SIGN_IN_CODE_SEND class="stack">
            {email_field(email, invalid).view()}
            {submit("Send me a code")}
        </form>
        <p class="card-foot"><a href=paths::SIGN_IN>"Use a password instead"</a></p>
    }
}

/// The field for the e-mail address of an account.
pub(super) fn email_field(email: &str, invalid: &Invalid) -> Field {
    Field::new("email", "E-mail")
        .inputmode("email")
        .value(email)
        .autocomplete("email")
        .autocapitalize("none")
        .spellcheck(false)
        .maxlength(254)
        .required()
        .autofocus()
        .errors(invalid)
}

fn code_view(email: &str, code: &str, invalid: &Invalid) -> impl IntoView + use<> {
    let address = email.to_owned();
    let again = email.to_owned();
    view! {
        <h1>"Check your mail"</h1>
        {error_summary(invalid)}
        <p>"We sent a mail to " <strong class="address">{address}</strong> ". Type the six digits from it here."</p>
        <form method="post" action=paths::SIGN_IN_CODE class="stack">
            {code_field(invalid).value(code).view()}
            {checkbox("remember", "Keep me signed in", true)}
            {submit("Sign in")}
        </form>
        <form method="post" action=paths::SIGN_IN_CODE_SEND class="card-foot">
            {hidden("email", again)}
            "Nothing there? Look in the spam folder, or "
            <button class="link" type="submit">"send a new code"</button>
            "."
        </form>
        <p class="card-foot"><a href=format!("{}?new=true", paths::SIGN_IN_CODE)>"Use another address"</a></p>
    }
}
