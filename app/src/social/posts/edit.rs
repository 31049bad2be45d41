//! Edits a post of the signed-in user, and shows its earlier versions.

use axum::{
    extract::{Path, Query},
    response::Response,
};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    base::{
        error::{Error, Result},
        id::PostId,
    },
    identity::sessions::request::Member,
    social::posts::{self, Post, Versions},
};
use time::OffsetDateTime;

use super::{
    composer::{ComposerKind, Draft, composer},
    forms::form_error,
    forms::{Again, keep},
    page::parse,
};
use crate::{
    page::{self, flash::Flash, preserve_input::PreservedForm, visit::Visit},
    paths,
    ui::{self, pager, post_card, prose},
};

/// The fields of the form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditForm {
    body: String,
}

/// `GET /posts/{id}/edit`
pub async fn edit(visit: Visit, me: Member, Path(id): Path<String>) -> Result<Response> {
    let id = parse(&id)?;
    let body = posts::own_words(&mut *visit.cx.server.db().acquire().await?, &me, id).await?;
    Ok(form(&visit, &me, id, Draft { body: &body, ..Draft::default() }))
}

/// `POST /posts/{id}/edit`
pub async fn change(Path(id): Path<String>, PreservedForm { visit, me, typed }: PreservedForm<EditForm>) -> Response {
    let answer = changed(&visit, me, &id, &typed.body).await;
    answer.unwrap_or_else(|error| {
        let form = Again { action: paths::edit(&id), body: &typed.body, once: None, send: "Save" };
        keep(&visit, error, "your post", form)
    })
}

async fn changed(visit: &Visit, me: Result<Member>, id: &str, body: &str) -> Result<Response> {
    let me = me?;
    let id = parse(id)?;
    match posts::edit(&visit.cx, &me, id, body).await {
        Ok(()) => Ok(Flash::Edited.redirect(&visit.cx.server, &paths::post_at(id))),
        Err(error) => {
            let refusal = form_error(error)?;
            // Reveals nothing about the posts of other users, valid or not.
            posts::own_words(&mut *visit.cx.server.db().acquire().await?, &me, id).await?;
            Ok(form(visit, &me, id, Draft { body, refused: Some(&refusal), ..Draft::default() }))
        }
    }
}

fn form(visit: &Visit, me: &Member, id: PostId, draft: Draft<'_>) -> Response {
    let draft = Draft { kind: ComposerKind::Edit, focus: true, ..draft };
    draft
        .answer(page::Page::new("Edit"))
        .back(paths::post_at(id), "Back to the post")
        .islands()
        .respond_with(visit, || composer(me, paths::edit(id), draft))
}

/// The position in the history.
#[derive(Debug, Default, Deserialize)]
pub struct VersionsQuery {
    before: Option<String>,
}

/// `GET /posts/{id}/history`
pub async fn history(visit: Visit, Path(id): Path<String>, Query(place): Query<VersionsQuery>) -> Result<Response> {
    let id = parse(&id)?;
    let before = place.before.map(|mark| mark.parse().map_err(|_| Error::NotFound)).transpose()?;
    let mut db = visit.cx.server.db().acquire().await?;
    let post = posts::find(&mut db, id, visit.cx.viewer()).await?;
    let said = posts::versions(&mut db, id, before).await?;
    Ok(page::Page::new("What it said before")
        .back(paths::post_at(id), "Back to the post")
        .respond(&visit, versions(&post, &said, before.is_none())))
}

/// The versions of a post, from the current one (on the first page) back to the first.
fn versions(post: &Post, said: &Versions, first: bool) -> impl IntoView + use<> {
    let label = if post.edited_at.is_some() { "Now" } else { "Never edited" };
    let now = first.then(|| version(post.html.clone(), post.edited_at.unwrap_or(post.created_at), Some(label)));
    let before = said.items.iter().map(|v| version(v.html.clone(), v.written_at, None)).collect_view();
    let earlier =
        said.next.map(|mark| pager::more_of("Earlier versions", paths::before(&paths::history(post.id), mark)));
    view! {
        <section class="sheet versions">
            <div class="post"><div class="by">{post_card::author(post)}</div></div>
            {now}
            {before}
            {earlier}
        </section>
    }
}

fn version(html: String, at: OffsetDateTime, label: Option<&'static str>) -> impl IntoView {
    let label = label.map(|label| view! { <b>{label}</b>" · " });
    view! {
        <article class="version">
            <p class="written">{label}<time datetime=ui::when::machine(at)>{ui::when::exact(at)}</time></p>
            {prose(html, "text")}
        </article>
    }
}
