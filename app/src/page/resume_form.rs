//! Keeps a form that needs elevation while the user elevates: it waits in a ten-minute cookie of this browser and fills
//! the form when the user is back. Only for harmless forms; never for a password or a confirmation.

use std::time::Duration;

use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};
use server::{
    config::Origin,
    http::cookies::{Cookie, WithCookie},
    identity::sessions::request::{Elevated, Member},
};

use crate::{
    page::{forms::Form, visit::Visit},
    paths,
};

/// The lifetime of a code for elevation.
const TEN_MINUTES: Duration = Duration::from_secs(600);
/// The most bytes of a kept form. More than any valid form has.
const MAX_BYTES: usize = 800;

/// Returns the elevation and the form; without elevation, the response that keeps the form and asks for elevation.
pub fn proved<T: Serialize>(
    visit: &Visit,
    me: Member,
    form: Result<Form<T>, Response>,
) -> Result<(Elevated, T), Box<Response>> {
    match (me.elevated(), form) {
        (Ok(me), Ok(Form(typed))) => Ok((me, typed)),
        (Ok(_), Err(refusal)) => Err(Box::new(refusal)),
        (Err(_), form) => Err(Box::new(keep(visit, form.ok().as_ref()))),
    }
}

fn keep<T: Serialize>(visit: &Visit, form: Option<&Form<T>>) -> Response {
    let text = form.and_then(|Form(typed)| serde_urlencoded::to_string(typed).ok());
    let user = visit.cx.viewer().map(|user| user.0).unwrap_or_default();
    let value = text.map(|text| format!("{user}.{}", utf8_percent_encode(&text, NON_ALPHANUMERIC)));
    let cookie = value
        .filter(|value| value.len() <= MAX_BYTES)
        .and_then(|value| Cookie::Draft.set(&visit.cx.server.config().origin, &value, Some(TEN_MINUTES)));
    Redirect::to(&paths::with_next(paths::ELEVATE, &visit.here)).into_response().with_cookie(cookie)
}

/// Returns the kept form, if it is of this kind and of the user who is signed in.
pub fn read<T: DeserializeOwned>(visit: &Visit) -> Option<T> {
    let (user, text) = visit.draft.as_deref()?.split_once('.')?;
    if visit.cx.viewer()?.0.to_string() != user {
        return None;
    }
    let text = percent_decode_str(text).decode_utf8().ok()?;
    serde_urlencoded::from_str(&text).ok()
}

/// Removes the kept form from the browser: the page shows it now.
pub fn drop(response: Response, origin: &Origin) -> Response {
    response.with_cookie(Cookie::Draft.remove(origin))
}
