//! The plain form of a like.

use axum::{extract::Path, response::Response};
use serde::Deserialize;
use server::{Result, identity::sessions::request::Member, social::likes};

use crate::{
    page::{forms::Form, visit::Visit},
    paths,
    social::posts,
    ui::back::back,
};

/// The fields of the like button's form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LikeForm {
    like: bool,
    next: Option<String>,
}

/// `POST /posts/{id}/like`
pub async fn set(visit: Visit, me: Member, Path(id): Path<String>, Form(sent): Form<LikeForm>) -> Result<Response> {
    let id = posts::page::parse(&id)?;
    likes::set(&visit.cx, &me, id, sent.like).await?;
    Ok(back(sent.next.as_deref(), &paths::post(id), Some(&format!("p{id}"))))
}
