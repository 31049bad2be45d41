//! The plain form that follows a user.

use axum::{extract::Path, response::Response};
use serde::Deserialize;
use server::{Error, Result, base::redirect_target::safe_next, identity::sessions::request::Member, social::follows};

use crate::{
    page::{flash::Flash, forms::Form, visit::Visit},
    paths::{self, username},
    ui::back::back,
};

/// The fields of the button's form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowForm {
    follow: bool,
    next: Option<String>,
}

/// `POST /@{username}/follow`
pub async fn set(
    visit: Visit,
    me: Member,
    Path(handle): Path<String>,
    Form(sent): Form<FollowForm>,
) -> Result<Response> {
    let name = username(&handle).ok_or(Error::NotFound)?;
    let (next, otherwise) = (sent.next.as_deref(), paths::profile(name));
    match follows::set(&visit.cx, &me, name, sent.follow).await {
        Ok(_) => Ok(back(next, &otherwise, None)),
        Err(Error::Full) => {
            let to = safe_next(next.unwrap_or_default(), &otherwise);
            Ok(Flash::FollowsFull.redirect(&visit.cx.server, to))
        }
        Err(error) => Err(error),
    }
}
