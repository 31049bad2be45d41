//! One's face.

use axum::{extract::Multipart, response::Response};
use http::StatusCode;
use leptos::prelude::*;
use server::{Error, Invalid, Result, avatars, profiles::Author, request::Member};

use super::page;
use crate::{
    auth::{Nothing, refusal, with_retry},
    flash::Flash,
    forms::Form,
    paths,
    ui::{Field, Size, Weight, avatar::avatar_now, button, error_summary},
    uploads,
    visit::Visit,
};

/// `GET /settings/profile`
pub async fn show(visit: Visit, me: Member) -> Result<Response> {
    Ok(respond(&visit, &me, (StatusCode::OK, None, Invalid::default())))
}

/// `POST /settings/profile/picture`
pub async fn picture(visit: Visit, me: Member, form: Multipart) -> Result<Response> {
    match take(&visit, &me, form).await {
        Ok(()) => Ok(Flash::PictureChanged.redirect(&visit.cx.server, paths::PROFILE)),
        Err(Error::Busy) => {
            let words = "Many pictures are coming in right now. Please try again in a moment.";
            let wait = Error::Busy.retry_after();
            Ok(respond(&visit, &me, (Error::Busy.status(), wait, Invalid::one("", words))))
        }
        Err(error) => Ok(respond(&visit, &me, refusal(error)?)),
    }
}

/// `POST /settings/profile/picture/remove`
pub async fn remove(visit: Visit, me: Member, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    avatars::remove(&visit.cx, &me).await?;
    Ok(Flash::PictureRemoved.redirect(&visit.cx.server, paths::PROFILE))
}

async fn take(visit: &Visit, me: &Member, form: Multipart) -> Result<()> {
    let turn = avatars::turn(&visit.cx, me).await?;
    // One byte more than may be, so that too much is told from just enough.
    let file = uploads::file(form, "picture", avatars::MOST_BYTES + 1).await?;
    avatars::choose(&visit.cx, me, turn, file).await
}

fn respond(visit: &Visit, me: &Member, (status, wait, invalid): (StatusCode, Option<u64>, Invalid)) -> Response {
    with_retry(page(visit, paths::PROFILE, status, view(&me.person, &invalid)), wait)
}

fn view(person: &Author, invalid: &Invalid) -> impl IntoView + use<> {
    let (words, label) = match person.avatar {
        Some(_) => ("It stands beside everything you write.", "Choose another"),
        None => ("This one is drawn from your username, and nobody else has it.", "Choose a picture of your own"),
    };
    let remove = person.avatar.is_some().then(|| {
        view! { <form method="post" action=paths::PROFILE_PICTURE_REMOVE>{button("Take it away", Weight::Danger)}</form> }
    });
    view! {
        {error_summary(invalid)}
        <section class="face" aria-labelledby="picture-heading">
            <div class="portrait">{avatar_now(person, Size::Portrait)}</div>
            <h2 id="picture-heading">"Your picture"</h2>
            <p>{words}</p>
            <form method="post" action=paths::PROFILE_PICTURE enctype="multipart/form-data" class="stack">
                {Field::new("picture", label)
                    .kind("file")
                    .accept("image/png,image/jpeg,image/webp")
                    .hint("PNG, JPEG or WebP, at most 8 MB. We keep the square in its middle, and nothing else of the file: not where or with what it was taken.")
                    .required()
                    .errors(invalid)
                    .view()}
                {button("Use this picture", Weight::Quiet)}
            </form>
            {remove}
        </section>
    }
}
