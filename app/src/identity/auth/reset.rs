//! Choosing a new password by e-mail link.

use axum::{extract::Query, response::Response};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Error, Invalid, Result, Secret,
    identity::{
        auth::{MailOutcome, reset as verb},
        email_links::{EmailLink, EmailLinkPurpose},
        sessions::link_subject,
    },
};

use super::{
    LINK_WORKS, Mailed,
    code::email_field,
    drop_link,
    links::{self, Mismatch},
    sign_up::new_password_field,
};
use crate::{
    page::{FormError, card, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{error_summary, hidden, submit},
};

/// The fields of the form that requests a link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgotPasswordForm {
    email: String,
}

/// The fields of the form with the new password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResetPasswordForm {
    /// The link that the page is about: see [`links::LinkForm`].
    #[serde(default)]
    link: String,
    new_password: Secret,
}

const FORGOT: &str = "Forgot your password?";
const RESET: &str = "A new password";

/// `GET /forgot-password`
pub async fn forgot(visit: Visit) -> Response {
    card(&visit, FORGOT, StatusCode::OK, ask_view("", &Invalid::default()))
}

/// `POST /forgot-password`
pub async fn send(visit: Visit, Form(asked): Form<ForgotPasswordForm>) -> Result<Response> {
    match verb::request(&visit.cx, &asked.email).await {
        Ok(MailOutcome::Sent(())) => Ok(card(&visit, "Check your mail", StatusCode::OK, sent_view(&asked.email))),
        Ok(MailOutcome::Earlier(wait)) => {
            let error = FormError::mail_limit(wait, LINK_WORKS);
            Ok(error.card(&visit, FORGOT, ask_view(&asked.email, &error.invalid)))
        }
        Err(error) => {
            let error = FormError::of(error)?;
            Ok(error.card(&visit, FORGOT, ask_view(&asked.email, &error.invalid)))
        }
    }
}

/// `GET /reset-password`: removes the token from the address at once.
pub async fn show(visit: Visit, Query(mailed): Query<Mailed>) -> Result<Response> {
    if !mailed.token.is_empty() {
        return Ok(links::keep(&visit, &mailed, paths::RESET_PASSWORD, links::RESET));
    }
    match links::current(&visit, EmailLinkPurpose::ResetPassword).await? {
        Some(link) => page(&visit, &link, &FormError::none()).await,
        None => Ok(links::gone(&visit, links::RESET)),
    }
}

/// `POST /reset-password`
pub async fn reset(visit: Visit, Form(typed): Form<ResetPasswordForm>) -> Result<Response> {
    let server = &visit.cx.server;
    let link = match links::of_form(&visit, EmailLinkPurpose::ResetPassword, &typed.link).await? {
        Ok(link) => link,
        Err(Mismatch::Gone) => return Ok(links::gone(&visit, links::RESET)),
        Err(Mismatch::Other(link)) => {
            let other = Invalid::one("", links::OTHER_LINK);
            return page(&visit, &link, &FormError::new(StatusCode::CONFLICT, other)).await;
        }
    };
    match verb::finish(&visit.cx, &link, &typed.new_password).await {
        Ok(connected) => {
            let onward = if connected {
                Flash::AlsoConnected.redirect(server, paths::CONNECTIONS)
            } else {
                Flash::PasswordChanged.redirect(server, paths::HOME)
            };
            Ok(drop_link(onward, &server.config().origin))
        }
        Err(Error::NotFound) => Ok(links::gone(&visit, links::RESET)),
        Err(error) => {
            let error = FormError::of(error)?;
            match links::current(&visit, EmailLinkPurpose::ResetPassword).await? {
                Some(link) => page(&visit, &link, &error).await,
                // Another press of the same button was faster.
                None => Ok(links::gone(&visit, links::RESET)),
            }
        }
    }
}

/// The form for a new password, for the account of a link.
async fn page(visit: &Visit, link: &EmailLink, error: &FormError) -> Result<Response> {
    let subject = link_subject(&visit.cx, link).await?;
    Ok(error.card(visit, RESET, reset_view(&subject.username, &link.name, &error.invalid)))
}

fn ask_view(email: &str, invalid: &Invalid) -> impl IntoView + use<> {
    view! {
        <h1>{FORGOT}</h1>
        {error_summary(invalid)}
        <p>"We send you a link with which you choose a new one."</p>
        <form method="post" action=paths::FORGOT_PASSWORD class="stack">
            {email_field(email, invalid).view()}
            {submit("Send me a link")}
        </form>
        <p class="card-foot"><a href=paths::SIGN_IN>"Back to signing in"</a></p>
    }
}

fn sent_view(email: &str) -> impl IntoView + use<> {
    let email = email.trim().to_owned();
    view! {
        <h1>"Check your mail"</h1>
        <p>"A mail is on its way to " <strong class="address">{email}</strong> ". The link in it works for 30 minutes, or for as long as the mail says."</p>
        <p class="card-foot">
            "Nothing there? Look in the spam folder, or " <a href=paths::FORGOT_PASSWORD>"ask for another link"</a> "."
        </p>
    }
}

fn reset_view(username: &str, link: &str, invalid: &Invalid) -> impl IntoView + use<> {
    let (shown, username, link) = (format!("@{username}"), username.to_owned(), link.to_owned());
    view! {
        <h1>{RESET}</h1>
        {error_summary(invalid)}
        <p>"For " <strong>{shown}</strong> ". All your devices will be signed out, except this one."</p>
        <form method="post" action=paths::RESET_PASSWORD class="stack">
            {hidden("link", link)}
            // For password managers: the account that the password belongs to.
            <input type="text" autocomplete="username" value=username hidden readonly />
            {new_password_field("new_password", invalid).autofocus().view()}
            {submit("Use this password")}
        </form>
    }
}
