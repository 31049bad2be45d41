//! The server's side of the islands' calls: the user of a call, and the response to a refused one.

use axum::extract::FromRequestParts;
use http::{StatusCode, header::SET_COOKIE};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use server::{
    Server,
    base::error::Error,
    identity::sessions::request::{Member, Request},
};

use super::ActionError;
use crate::page::flash::Flash;

/// Returns the request of this action and the user who is signed in, if the page was rendered for that user:
/// `for_user` is the id that the page's forms hold (see [`crate::page::form_user`]).
pub async fn member(for_user: Option<i64>) -> Result<(Request, Member), ActionError> {
    let missing = || refuse(Error::internal("an action outside a request"));
    let mut parts: http::request::Parts = use_context().ok_or_else(missing)?;
    let cx = Request::from_request_parts(&mut parts, &()).await.map_err(refuse)?;
    let me = cx.me().cloned().ok_or(Error::SignInNeeded).map_err(refuse)?;
    if for_user != Some(me.id().0) {
        return Err(refuse(Error::OtherUser));
    }
    Ok((cx, me))
}

/// Returns the public code of a refusal, logs the cause, and gives the response the matching status.
pub fn refuse(error: Error) -> ActionError {
    if let Error::Unavailable(cause) | Error::Internal(cause) = &error {
        tracing::error!(cause = %cause, "an action failed");
    }
    set_status(error.status());
    match error {
        Error::SignInNeeded => ActionError::SignInNeeded,
        Error::OtherUser => ActionError::OtherUser,
        Error::ElevationNeeded | Error::Forbidden => ActionError::Forbidden,
        Error::NotFound => ActionError::NotFound,
        Error::Invalid(_) => ActionError::Invalid,
        Error::Full => ActionError::Full,
        Error::Limited(_) => ActionError::Limited,
        Error::Busy | Error::Unavailable(_) | Error::Internal(_) => ActionError::Unavailable,
    }
}

/// Makes the next page show a message.
pub fn say(server: &Server, flash: Flash) {
    if let (Some(response), Some(cookie)) = (use_context::<ResponseOptions>(), flash.cookie(server)) {
        response.append_header(SET_COOKIE, cookie);
    }
}

pub(super) fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}
