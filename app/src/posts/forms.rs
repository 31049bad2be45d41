//! The plain forms of posts.

use axum::{extract::Path, response::Response};
use serde::Deserialize;
use server::{
    error::{Error, Invalid, Result},
    id::Once,
    posts,
    request::Member,
};

use super::{
    composer::{Draft, Refusal},
    page::{parse, show_again},
};
use crate::{feed::home_again, flash::Flash, forms::Form, paths, ui::error_page, visit::Visit};

/// What a composer sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    body: String,
    once: Option<Once>,
}

/// What a button in a list of posts sends beside what it is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    #[expect(
        dead_code,
        reason = "the form around the list sends it; after a deletion there is nothing to come back to"
    )]
    next: Option<String>,
}

/// `POST /posts`
pub async fn create(visit: Visit, me: Member, Form(sent): Form<Written>) -> Result<Response> {
    match posts::create(&visit.cx, &me, &sent.body, None, sent.once).await {
        Ok(_) => Ok(Flash::Posted.redirect(&visit.cx.server, paths::HOME)),
        Err(error) => {
            let refusal = refusal(error)?;
            home_again(&visit, Draft { body: &sent.body, refused: Some(&refusal), ..Draft::default() }).await
        }
    }
}

/// `POST /posts/{id}/replies`
pub async fn reply(visit: Visit, me: Member, Path(id): Path<String>, Form(sent): Form<Written>) -> Result<Response> {
    let parent = parse(&id)?;
    match posts::create(&visit.cx, &me, &sent.body, Some(parent), sent.once).await {
        Ok(id) => Ok(Flash::Replied.redirect(&visit.cx.server, &format!("{}#p{id}", paths::post(parent)))),
        Err(error) => {
            let refusal = refusal(error)?;
            show_again(&visit, parent, Draft { body: &sent.body, refused: Some(&refusal), ..Draft::default() }).await
        }
    }
}

/// `POST /posts/{id}/delete`
pub async fn delete(
    visit: Visit,
    me: Member,
    Path(id): Path<String>,
    Form(Place { .. }): Form<Place>,
) -> Result<Response> {
    posts::delete(&visit.cx, &me, parse(&id)?).await?;
    Ok(Flash::Deleted.redirect(&visit.cx.server, &paths::profile(&me.person.username)))
}

/// What to say beside the text when it could not be taken. Too much in a short time is said there too, so that nothing
/// typed is lost.
pub(super) fn refusal(error: Error) -> Result<Refusal> {
    let (status, retry_after) = (error.status(), error.retry_after());
    match error {
        Error::Invalid(invalid) => Ok(Refusal { invalid, status, retry_after }),
        Error::Limited(_) => {
            let wait = error_page::wait(retry_after.unwrap_or(1));
            let words = format!("That was a lot in a short time. You can try again in {wait}.");
            Ok(Refusal { invalid: Invalid::one("body", words), status, retry_after })
        }
        other => Err(other),
    }
}
