//! The pages of e-mail links. A link only opens a page, and acts when the user presses the button there, so that
//! programs that open every link in a mail use none of them up.

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Error, Invalid, Result,
    base::{clock, random::Token},
    identity::{
        credentials,
        email_links::{self, EmailLink, EmailLinkPurpose},
        sessions::{self, LinkedSession, Subject},
    },
};

use super::{Mailed, drop_link, keep_link};
use crate::{
    page::{FormError, card, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{Weight, button, error_summary, hidden, when},
};

/// The message for a link that no longer works, and the page to continue on.
pub(super) type Otherwise = (Flash, &'static str);

pub(super) const RESET: Otherwise = (Flash::LinkGone, paths::FORGOT_PASSWORD);
/// The account settings show whether the change was taken back.
const UNDO: Otherwise = (Flash::UndoLinkGone, paths::ACCOUNT);
const SESSION: Otherwise = (Flash::SessionLinkGone, paths::DEVICES);

/// The field of a form on the page of an e-mail link: the link that the page is about. The cookie has the link that
/// this browser opened last, which may be another.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkForm {
    #[serde(default)]
    link: String,
}

/// `GET /undo-email`
pub async fn undo_email(visit: Visit, Query(mailed): Query<Mailed>) -> Result<Response> {
    ask(&visit, &mailed, (EmailLinkPurpose::UndoEmail, paths::UNDO_EMAIL, UNDO)).await
}

/// `POST /undo-email`
pub async fn undo_email_now(visit: Visit, Form(form): Form<LinkForm>) -> Result<Response> {
    let link = match of_form(&visit, EmailLinkPurpose::UndoEmail, &form.link).await? {
        Ok(link) => link,
        Err(Mismatch::Gone) => return Ok(gone(&visit, UNDO)),
        Err(Mismatch::Other(link)) => return ask_again(&visit, &link, paths::UNDO_EMAIL).await,
    };
    match credentials::undo_email(&visit.cx, &link).await {
        Ok(()) => Ok(done(&visit, Flash::EmailRestored, paths::FORGOT_PASSWORD)),
        Err(Error::NotFound) => Ok(gone(&visit, UNDO)),
        Err(error) => {
            let error = FormError::of(error)?;
            let view = view! { <h1>"That can’t be taken back"</h1> {error_summary(&error.invalid)} };
            Ok(error.card(&visit, "That can’t be taken back", view))
        }
    }
}

/// `GET /end-session`
pub async fn end_session(visit: Visit, Query(mailed): Query<Mailed>) -> Result<Response> {
    ask(&visit, &mailed, (EmailLinkPurpose::EndSession, paths::END_SESSION, SESSION)).await
}

/// `POST /end-session`
pub async fn end_session_now(visit: Visit, Form(form): Form<LinkForm>) -> Result<Response> {
    let link = match of_form(&visit, EmailLinkPurpose::EndSession, &form.link).await? {
        Ok(link) => link,
        Err(Mismatch::Gone) => return Ok(gone(&visit, SESSION)),
        Err(Mismatch::Other(link)) => return ask_again(&visit, &link, paths::END_SESSION).await,
    };
    match sessions::revoke_by_link(&visit.cx, &link).await {
        Ok(()) => Ok(done(&visit, Flash::SessionEnded, paths::FORGOT_PASSWORD)),
        Err(Error::NotFound) => Ok(gone(&visit, SESSION)),
        Err(other) => Err(other),
    }
}

/// Shows the subject of a link and asks whether to act; moves the token from the address into the cookie first.
async fn ask(
    visit: &Visit,
    mailed: &Mailed,
    (purpose, path, otherwise): (EmailLinkPurpose, &'static str, Otherwise),
) -> Result<Response> {
    if !mailed.token.is_empty() {
        return Ok(keep(visit, mailed, path, otherwise));
    }
    match current(visit, purpose).await? {
        Some(link) => {
            let view = ask_view(path, &link, &sessions::link_subject(&visit.cx, &link).await?, &Invalid::default());
            Ok(card(visit, title(path), StatusCode::OK, view))
        }
        None => Ok(gone(visit, otherwise)),
    }
}

/// Shows the page again for the link that was opened since, and does not act on the link of the form.
async fn ask_again(visit: &Visit, link: &EmailLink, path: &'static str) -> Result<Response> {
    let view = ask_view(path, link, &sessions::link_subject(&visit.cx, link).await?, &Invalid::one("", OTHER_LINK));
    Ok(card(visit, title(path), StatusCode::CONFLICT, view))
}

/// The message on a page that is shown again because its form was made for another link.
pub(super) const OTHER_LINK: &str =
    "You have opened another link since, and this page is about that one. Nothing was changed. Please check it first.";

/// The reason a form does not act on the link it was made for.
pub(super) enum Mismatch {
    /// This browser has no link that works.
    Gone,
    /// This browser has opened another link since.
    Other(EmailLink),
}

/// Returns the link that this browser opened last, if it works and the form was made for it.
pub(super) async fn of_form(
    visit: &Visit,
    purpose: EmailLinkPurpose,
    name: &str,
) -> Result<Result<EmailLink, Mismatch>> {
    Ok(match current(visit, purpose).await? {
        None => Err(Mismatch::Gone),
        Some(link) if link.name == name => Ok(link),
        Some(link) => Err(Mismatch::Other(link)),
    })
}

/// Returns the link that this browser opened last, if it works.
pub(super) async fn current(visit: &Visit, purpose: EmailLinkPurpose) -> Result<Option<EmailLink>> {
    let Some(token) = &visit.link else { return Ok(None) };
    match email_links::find(visit.cx.server.db(), purpose, token).await {
        Ok(link) => Ok(Some(link)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Moves the token of a link into a cookie and shows the same page without it in the address.
pub(super) fn keep(visit: &Visit, mailed: &Mailed, path: &'static str, otherwise: Otherwise) -> Response {
    match Token::parse(&mailed.token) {
        Some(token) => keep_link(Redirect::to(path).into_response(), &visit.cx.server.config().origin, &token),
        None => gone(visit, otherwise),
    }
}

/// Redirects with the message that a link no longer works, to a page where the user can do something about it.
pub(super) fn gone(visit: &Visit, (flash, path): Otherwise) -> Response {
    done(visit, flash, path)
}

fn done(visit: &Visit, flash: Flash, path: &'static str) -> Response {
    let server = &visit.cx.server;
    drop_link(flash.redirect(server, path), &server.config().origin)
}

fn title(path: &str) -> &'static str {
    if path == paths::UNDO_EMAIL { "Take the change back?" } else { "Sign that device out?" }
}

fn ask_view(path: &'static str, link: &EmailLink, subject: &Subject, invalid: &Invalid) -> impl IntoView + use<> {
    let account = format!("@{}", subject.username);
    let (words, label) = match &link.email {
        Some(email) => (undo_words(account, email.clone()).into_any(), "Take it back"),
        None => (session_words(account, subject.session.clone()).into_any(), "Sign it out"),
    };
    let name = link.name.clone();
    view! {
        <h1>{title(path)}</h1>
        {error_summary(invalid)}
        {words}
        <form method="post" action=path class="stack">{hidden("link", name)} {button(label, Weight::Danger)}</form>
        <p class="card-foot"><a href=paths::HOME>"Not now"</a></p>
    }
}

fn undo_words(account: String, email: String) -> impl IntoView {
    view! {
        <p>
            <strong>{account}</strong> " gets the address " <strong class="address">{email}</strong>
            " again, and everybody is signed out of the account, you too. Then choose a new password."
        </p>
    }
}

/// Describes the device with the words of the list of devices.
fn session_words(account: String, session: Option<LinkedSession>) -> impl IntoView {
    let Some(LinkedSession { agent, ip, signed_in_at }) = session else {
        return view! {
            <p>
                "That device is no longer signed in to " <strong>{account}</strong>
                ". Anything else its browser has opened there will be signed out."
            </p>
        }
        .into_any();
    };
    let address = ip.map(|ip| view! { " at " <span class="ip">{ip.to_string()}</span> });
    view! {
        <p>
            <strong>{agent.to_string()}</strong> {address} ", signed in to " <strong>{account}</strong> " "
            {when(signed_in_at, clock::now())} "."
        </p>
        <p>"Whoever uses it has to sign in again."</p>
    }
    .into_any()
}
