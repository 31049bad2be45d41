//! The pages for sign-up, sign-in and elevation. One calm card each.

pub mod code;
pub mod elevate;
pub mod finish;
pub mod links;
pub mod pending_sign_up;
pub(crate) mod provider_buttons;
pub mod providers;
pub mod reset;
pub mod sign_in;
pub mod sign_up;
pub mod verify;

use std::time::Duration;

use axum::response::Response;
use http::{
    StatusCode,
    header::{RETRY_AFTER, SET_COOKIE},
};
use serde::Deserialize;
use server::{
    Error, Invalid,
    base::random::Token,
    config::Origin,
    http::cookies::Cookie,
    identity::auth::{self as verb, code::Purpose},
};

use crate::page::{error_page, visit::Visit};

/// A form without fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The token in an e-mail link.
#[derive(Deserialize)]
pub struct Mailed {
    #[serde(default)]
    token: String,
}

/// The page to continue on afterwards, from the query of a page.
#[derive(Default, Deserialize)]
pub struct Onward {
    #[serde(default)]
    pub next: String,
}

/// The lifetime of a sign-up, half an hour; its cookie lasts no longer (an operator's invitation is in its link).
const FLOW: Duration = Duration::from_secs(30 * 60);

/// The content of a refused form: the status, the seconds to wait, and the message for each field. Any other error gets
/// the error page that every refusal has.
pub(crate) fn refusal(error: Error) -> Result<(StatusCode, Option<u64>, Invalid), Error> {
    let (status, wait) = (error.status(), error.retry_after());
    match error {
        Error::Invalid(invalid) => Ok((status, None, invalid)),
        Error::Limited(_) => {
            let wait_words = error_page::wait(wait.unwrap_or(1));
            let message = format!("That was a lot of tries. You can try again in {wait_words}.");
            Ok((status, wait, Invalid::one("", message)))
        }
        Error::Busy => {
            Ok((status, wait, Invalid::one("", "Many people are signing in right now. Please try again in a moment.")))
        }
        other => Err(other),
    }
}

/// The message of a form that asks for a mail when none can be sent now: the reason, the option that still works, and
/// the time to wait.
pub(crate) fn earlier(wait: Duration, works: &str) -> (StatusCode, Option<u64>, Invalid) {
    let error = Error::Limited(wait);
    let (status, retry_after) = (error.status(), error.retry_after());
    let time = error_page::wait(retry_after.unwrap_or(1));
    let message = format!(
        "As many mails as we send in an hour went to this address; others may have asked for them. {works} You can ask \
         for another mail in {time}."
    );
    (status, retry_after, Invalid::one("", message))
}

/// The sentence about the link that still works, in any browser.
pub(crate) const LINK_WORKS: &str =
    "The newest one with a link to choose a new password still works, also in this browser.";

/// The sentence about the code that still works in the browser that waits for it.
pub(crate) const CODE_WORKS: &str = "The code in the newest one that you asked for here still works.";

/// The sentence about codes that may have been requested in other browsers.
pub(crate) const CODE_WORKS_THERE: &str = "The code in each works in the browser in which it was asked for.";

/// Returns the address that this browser's code was mailed to, if it equals the typed one.
pub(crate) async fn waiting_for(visit: &Visit, purpose: Purpose, typed: &str) -> Result<Option<String>, Error> {
    match verb::code::waiting(&visit.cx, purpose).await {
        Ok(email) => Ok(Some(email).filter(|email| email.eq_ignore_ascii_case(typed.trim()))),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Returns `gone` if a code was typed and none is pending, unless codes were typed too often.
pub(crate) fn gone_unless_limited(
    gone: Response,
    (status, wait): (StatusCode, Option<u64>),
) -> Result<Response, Error> {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Err(Error::Limited(Duration::from_secs(wait.unwrap_or(1)))),
        _ => Ok(gone),
    }
}

pub(crate) fn with_retry(mut response: Response, wait: Option<u64>) -> Response {
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

pub(crate) fn keep_flow(response: Response, origin: &Origin, flow: &Token) -> Response {
    keep(Cookie::Flow, response, origin, flow)
}

fn keep(cookie: Cookie, mut response: Response, origin: &Origin, token: &Token) -> Response {
    if let Some(cookie) = cookie.set(origin, &token.text(), Some(FLOW)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn drop(cookie: Cookie, mut response: Response, origin: &Origin) -> Response {
    if let Some(cookie) = cookie.remove(origin) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Moves the token of an e-mail link from the address of a page of ours into a cookie.
fn keep_link(response: Response, origin: &Origin, token: &Token) -> Response {
    keep(Cookie::Link, response, origin, token)
}

fn drop_link(response: Response, origin: &Origin) -> Response {
    drop(Cookie::Link, response, origin)
}

pub(crate) fn drop_flow(response: Response, origin: &Origin) -> Response {
    drop(Cookie::Flow, response, origin)
}
