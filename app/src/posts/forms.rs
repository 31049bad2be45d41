//! The plain forms of posts.

use axum::{extract::Path, response::Response};
use http::StatusCode;
use serde::Deserialize;
use server::{
    error::{Error, Invalid, Result},
    posts,
    request::Member,
};

use super::{
    composer::Draft,
    page::{parse, show_again},
};
use crate::{
    feed::home_again,
    flash::Flash,
    forms::Form,
    paths,
    ui::{Page, error_page},
    visit::Visit,
};

/// What a composer sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    body: String,
}

/// What a button in a list of posts sends beside what it is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    #[expect(dead_code, reason = "the form around the list sends it; after a deletion there is nothing to come back to")]
    next: Option<String>,
}

/// `POST /posts`
pub async fn create(visit: Visit, me: Member, Form(sent): Form<Written>) -> Result<Response> {
    match posts::create(&visit.cx, &me, &sent.body, None).await {
        Ok(_) => Ok(Flash::Posted.redirect(&visit.cx.server, paths::HOME)),
        Err(error) => {
            let (page, invalid) = again(Page::new("Home"), error)?;
            let draft = Draft { body: &sent.body, invalid: Some(&invalid), ..Draft::default() };
            home_again(&visit, page, draft).await
        }
    }
}

/// `POST /posts/{id}/replies`
pub async fn reply(
    visit: Visit,
    me: Member,
    Path(id): Path<String>,
    Form(sent): Form<Written>,
) -> Result<Response> {
    let parent = parse(&id)?;
    match posts::create(&visit.cx, &me, &sent.body, Some(parent)).await {
        Ok(id) => Ok(Flash::Replied.redirect(&visit.cx.server, &format!("{}#p{id}", paths::post(parent)))),
        Err(error) => {
            let (page, invalid) = again(Page::new("Post"), error)?;
            let draft = Draft { body: &sent.body, invalid: Some(&invalid), ..Draft::default() };
            show_again(&visit, page, parent, draft).await
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

/// What page, and what message beside the text, says that it could not be taken. Too much in a short time is said
/// there too, so that nothing typed is lost.
fn again(page: Page, error: Error) -> Result<(Page, Invalid)> {
    match error {
        Error::Invalid(invalid) => Ok((page.status(StatusCode::UNPROCESSABLE_ENTITY), invalid)),
        Error::Limited(wait) => {
            let words = format!("That was a lot in a short time. Try again in {}.", error_page::wait(wait.as_secs()));
            let page = page.status(StatusCode::TOO_MANY_REQUESTS).retry_after(wait.as_secs().max(1));
            Ok((page, Invalid::one("body", words)))
        }
        other => Err(other),
    }
}
