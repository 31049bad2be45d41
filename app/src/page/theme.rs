//! Chooses light or dark, remembered in a cookie, without script.

use std::time::Duration;

use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use server::{
    base::redirect_target::safe_next,
    http::cookies::{Cookie, WithCookie},
    identity::sessions::request::Request,
};

use crate::{
    page::{forms::Form, visit::Theme},
    paths,
};

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The field of the switch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    theme: String,
    #[serde(default)]
    next: String,
}

/// Remembers the choice and shows the same page again.
pub async fn choose(cx: Request, Form(choice): Form<Choice>) -> Response {
    let origin = &cx.server.config().origin;
    let cookie = match Theme::parse(&choice.theme) {
        Theme::System => Cookie::Theme.remove(origin),
        chosen => Cookie::Theme.set(origin, chosen.name(), Some(YEAR)),
    };
    Redirect::to(safe_next(&choice.next, paths::HOME)).into_response().with_cookie(cookie)
}
