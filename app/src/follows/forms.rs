//! The plain form of a follow.

use axum::{extract::Path, response::Response};
use serde::Deserialize;
use server::{Error, Result, follows, request::Member};

use crate::{forms::Form, paths, profiles::username, ui::back::back, visit::Visit};

/// What the button sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    follow: bool,
    next: Option<String>,
}

/// `POST /@{username}/follow`
pub async fn set(visit: Visit, me: Member, Path(handle): Path<String>, Form(sent): Form<Sent>) -> Result<Response> {
    let name = username(&handle).ok_or(Error::NotFound)?;
    follows::set(&visit.cx, &me, name, sent.follow).await?;
    Ok(back(sent.next.as_deref(), &paths::profile(name), None))
}
