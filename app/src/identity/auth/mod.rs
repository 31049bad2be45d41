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
use serde::Deserialize;
use server::{
    Error,
    base::random::Token,
    config::Origin,
    http::cookies::{Cookie, WithCookie},
    identity::auth::{self as verb, code::CodePurpose},
};

use crate::page::visit::Visit;

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

/// The sentence about the link that still works, in any browser.
pub(crate) const LINK_WORKS: &str =
    "The newest one with a link to choose a new password still works, also in this browser.";

/// The sentence about the code that still works in the browser that waits for it.
pub(crate) const CODE_WORKS: &str = "The code in the newest one that you asked for here still works.";

/// The sentence about codes that may have been requested in other browsers.
pub(crate) const CODE_WORKS_THERE: &str = "The code in each works in the browser in which it was asked for.";

/// Returns the address that this browser's code was mailed to, if it equals the typed one.
pub(crate) async fn waiting_for(visit: &Visit, purpose: CodePurpose, typed: &str) -> Result<Option<String>, Error> {
    match verb::code::waiting(&visit.cx, purpose).await {
        Ok(email) => Ok(Some(email).filter(|email| email.eq_ignore_ascii_case(typed.trim()))),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

pub(crate) fn keep_flow(response: Response, origin: &Origin, flow: &Token) -> Response {
    keep(Cookie::Flow, response, origin, flow)
}

fn keep(cookie: Cookie, response: Response, origin: &Origin, token: &Token) -> Response {
    response.with_cookie(cookie.set(origin, &token.text(), Some(FLOW)))
}

fn drop(cookie: Cookie, response: Response, origin: &Origin) -> Response {
    response.with_cookie(cookie.remove(origin))
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
