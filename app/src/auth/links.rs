//! What mailed links lead to. A link only opens a page; what it is for happens when somebody presses the button there,
//! so that programs that open every link in a mail use none of them up.

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use server::{
    Error, Result,
    accounts::change,
    links::{self, Purpose},
    random::Token,
    sessions,
};

use super::{Mailed, Nothing, card, drop_link, keep_link, refusal};
use crate::{
    flash::Flash,
    forms::Form,
    paths,
    ui::{Weight, button, error_summary},
    visit::Visit,
};

/// What is said of a link that does not work any more, and where one goes on from there.
pub(super) type Otherwise = (Flash, &'static str);

pub(super) const RESET: Otherwise = (Flash::LinkGone, paths::FORGOT_PASSWORD);
/// Whether it was taken back or not, one's own settings say.
const UNDO: Otherwise = (Flash::UndoLinkGone, paths::ACCOUNT);
const SESSION: Otherwise = (Flash::SessionLinkGone, paths::DEVICES);

/// `GET /undo-email`
pub async fn undo_email(visit: Visit, Query(mailed): Query<Mailed>) -> Result<Response> {
    let words = (
        "Take the change back?",
        "Your account gets this address again, and everybody is signed out of it, you too. Then choose a new password.",
        "Take it back",
    );
    ask(&visit, &mailed, Purpose::UndoEmail, (paths::UNDO_EMAIL, words)).await
}

/// `POST /undo-email`
pub async fn undo_email_now(visit: Visit, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    let Ok(link) = found(&visit, Purpose::UndoEmail).await? else { return Ok(gone(&visit, UNDO)) };
    match change::undo_email(&visit.cx, &link).await {
        Ok(()) => Ok(done(&visit, Flash::EmailRestored, paths::FORGOT_PASSWORD)),
        Err(Error::NotFound) => Ok(gone(&visit, UNDO)),
        Err(error) => {
            let (status, _, invalid) = refusal(error)?;
            let view = view! { <h1>"That can’t be taken back"</h1> {error_summary(&invalid)} };
            Ok(card(&visit, "That can’t be taken back", status, view))
        }
    }
}

/// `GET /end-session`
pub async fn end_session(visit: Visit, Query(mailed): Query<Mailed>) -> Result<Response> {
    let words = ("Sign that device out?", "Whoever uses it has to sign in again.", "Sign it out");
    ask(&visit, &mailed, Purpose::EndSession, (paths::END_SESSION, words)).await
}

/// `POST /end-session`
pub async fn end_session_now(visit: Visit, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    let Ok(link) = found(&visit, Purpose::EndSession).await? else { return Ok(gone(&visit, SESSION)) };
    match sessions::end_by_link(&visit.cx, &link).await {
        Ok(()) => Ok(done(&visit, Flash::SessionEnded, paths::FORGOT_PASSWORD)),
        Err(Error::NotFound) => Ok(gone(&visit, SESSION)),
        Err(other) => Err(other),
    }
}

type Words = (&'static str, &'static str, &'static str);

async fn ask(
    visit: &Visit,
    mailed: &Mailed,
    purpose: Purpose,
    (path, words): (&'static str, Words),
) -> Result<Response> {
    let otherwise = if purpose == Purpose::UndoEmail { UNDO } else { SESSION };
    if !mailed.token.is_empty() {
        return Ok(keep(visit, mailed, path, otherwise));
    }
    match found(visit, purpose).await? {
        Ok(_) => Ok(card(visit, words.0, StatusCode::OK, ask_view(path, words))),
        Err(Gone) => Ok(gone(visit, otherwise)),
    }
}

struct Gone;

async fn found(visit: &Visit, purpose: Purpose) -> Result<Result<links::Link, Gone>> {
    let Some(token) = &visit.link else { return Ok(Err(Gone)) };
    match links::find(&visit.cx, purpose, token).await {
        Ok(link) => Ok(Ok(link)),
        Err(Error::NotFound) => Ok(Err(Gone)),
        Err(other) => Err(other),
    }
}

/// Puts the token of a link into a cookie and shows the same page without it in the address.
pub(super) fn keep(visit: &Visit, mailed: &Mailed, path: &'static str, otherwise: Otherwise) -> Response {
    match Token::parse(&mailed.token) {
        Some(token) => keep_link(Redirect::to(path).into_response(), &visit.cx.server.config().origin, &token),
        None => gone(visit, otherwise),
    }
}

/// Says that a link does not work any more, where there is something to do about it.
pub(super) fn gone(visit: &Visit, (flash, path): Otherwise) -> Response {
    done(visit, flash, path)
}

fn done(visit: &Visit, flash: Flash, path: &'static str) -> Response {
    let server = &visit.cx.server;
    drop_link(flash.redirect(server, path), &server.config().origin)
}

fn ask_view(path: &'static str, (title, words, label): Words) -> impl IntoView + use<> {
    view! {
        <h1>{title}</h1>
        <p>{words}</p>
        <form method="post" action=path class="stack">{button(label, Weight::Danger)}</form>
        <p class="card-foot"><a href=paths::HOME>"Not now"</a></p>
    }
}
