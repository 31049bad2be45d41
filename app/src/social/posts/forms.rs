//! The plain forms of posts.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    base::{
        error::{Error, Result},
        id::{Once, PostId},
    },
    identity::sessions::request::Member,
    social::posts::{self, thread},
};

use super::{
    composer::Draft,
    page::{parse, show_again},
};
use crate::{
    page::{
        FormError, error_page,
        flash::Flash,
        forms::Form,
        preserve_input::{self, PreservedForm},
        visit::Visit,
    },
    paths,
    social::feed::home_again,
    ui::{hidden, submit, textarea},
};

/// The fields of a composer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostForm {
    body: String,
    once: Option<Once>,
}

/// The fields that a button in a list of posts sends besides its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComposerQuery {
    #[expect(
        dead_code,
        reason = "the form around the list sends it; after a deletion there is nothing to come back to"
    )]
    next: Option<String>,
}

/// `POST /posts`
pub async fn create(PreservedForm { visit, me, typed }: PreservedForm<PostForm>) -> Response {
    let answer = created(&visit, me, &typed).await;
    answer.unwrap_or_else(|error| {
        let form = Again { action: paths::POSTS.to_owned(), body: &typed.body, once: typed.once, send: "Post" };
        keep(&visit, error, "your post", form)
    })
}

async fn created(visit: &Visit, me: Result<Member>, typed: &PostForm) -> Result<Response> {
    match posts::create(&visit.cx, &me?, &typed.body, None, typed.once).await {
        Ok(_) => Ok(Flash::Posted.redirect(&visit.cx.server, paths::HOME)),
        Err(error) => {
            let refusal = form_error(error)?;
            home_again(visit, Draft { body: &typed.body, refused: Some(&refusal), ..Draft::default() }).await
        }
    }
}

/// `POST /posts/{id}/replies`
pub async fn reply(Path(id): Path<String>, PreservedForm { visit, me, typed }: PreservedForm<PostForm>) -> Response {
    let answer = replied(&visit, me, &id, &typed).await;
    answer.unwrap_or_else(|error| {
        let form = Again { action: paths::replies(&id), body: &typed.body, once: typed.once, send: "Reply" };
        keep(&visit, error, "your reply", form)
    })
}

async fn replied(visit: &Visit, me: Result<Member>, id: &str, typed: &PostForm) -> Result<Response> {
    let me = me?;
    let parent = parse(id)?;
    match posts::create(&visit.cx, &me, &typed.body, Some(parent), typed.once).await {
        Ok(id) => Ok(Flash::Replied.redirect(&visit.cx.server, &stands_at(visit, parent, id).await)),
        Err(error) => {
            let refusal = form_error(error)?;
            show_again(visit, parent, Draft { body: &typed.body, refused: Some(&refusal), ..Draft::default() }).await
        }
    }
}

/// Returns the URL of a new reply: below its post; if a long conversation shows it only on a later page, its own page,
/// which shows the posts it answers above it.
async fn stands_at(visit: &Visit, parent: PostId, id: PostId) -> String {
    let first = async {
        let mut db = visit.cx.server.db().acquire().await?;
        thread::replies(&mut db, parent, visit.cx.viewer(), None).await
    };
    // The reply is saved: no failure here is worth an error.
    let there = first.await.is_ok_and(|page| page.branches.iter().any(|branch| branch.place.id == id));
    if there { format!("{}#p{id}", paths::post(parent)) } else { paths::post_at(id) }
}

/// A form for a refused text: the target, the text, and the key of the previous try.
pub(super) struct Again<'a> {
    pub action: String,
    pub body: &'a str,
    pub once: Option<Once>,
    pub send: &'static str,
}

/// Returns the page with the text, to retry from. A reply to a deleted post becomes a post of its own.
pub(super) fn keep(visit: &Visit, error: Error, what: &str, form: Again<'_>) -> Response {
    if form.body.trim().is_empty() {
        return error.into_response();
    }
    let Again { action, body, once, send } = form;
    let (action, send) = match error {
        Error::NotFound => (paths::POSTS.to_owned(), "Post"),
        _ => (action, send),
    };
    let once = once.map(|once| hidden("once", once.to_string()));
    let form = view! {
        <form method="post" action=action class="stack">
            {textarea("body", "Your words").value(body).rows(8).required().view()}
            {once}
            {submit(send)}
        </form>
    };
    preserve_input::page(visit, error, what, form)
}

/// `POST /posts/{id}/delete`
pub async fn delete(
    visit: Visit,
    me: Member,
    Path(id): Path<String>,
    Form(ComposerQuery { .. }): Form<ComposerQuery>,
) -> Result<Response> {
    posts::delete(&visit.cx, &me, parse(&id)?).await?;
    Ok(Flash::Deleted.redirect(&visit.cx.server, &paths::profile(&me.person.username)))
}

/// Returns the errors to show beside a refused text. Too many posts in a short time are reported there too, so that no
/// text is lost.
pub(super) fn form_error(error: Error) -> Result<FormError> {
    match &error {
        Error::Invalid(_) => FormError::of(error),
        Error::Limited(_) => {
            let wait = error_page::wait(error.retry_after().unwrap_or(1));
            let message = format!("That was a lot in a short time. You can try again in {wait}.");
            Ok(FormError::with_message(&error, "body", message))
        }
        _ => Err(error),
    }
}
