//! The avatar of the signed-in user: a plain upload, and the part of the page in which a script lets the user crop the
//! picture first.

use axum::{
    extract::{Multipart, multipart::MultipartRejection},
    response::{IntoResponse, Response},
};
use leptos::prelude::*;
use server::{
    Error, Invalid, Result,
    identity::{avatars, sessions::request::Member, users::UserSummary},
    social::profiles,
};

use super::respond;
use crate::{
    identity::auth::Nothing,
    page::{FormError, flash::Flash, forms::Form, uploads, visit::Visit},
    paths,
    ui::{Field, Size, Weight, avatar::avatar_now, button},
};

/// `POST /settings/profile/picture`
pub async fn choose(visit: Visit, me: Result<Member>, form: Result<Multipart, MultipartRejection>) -> Result<Response> {
    let me = match me {
        Err(Error::SignInNeeded) => {
            let sign_in = paths::with_next(paths::SIGN_IN, paths::PROFILE);
            return Ok(Flash::PictureNotSaved.redirect(&visit.cx.server, &sign_in));
        }
        me => me?,
    };
    let form = match form {
        Ok(form) => form,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    let outcome = match take(&visit, &me, form).await {
        Ok(()) => return Ok(Flash::PictureChanged.redirect(&visit.cx.server, paths::PROFILE)),
        Err(Error::Busy) => {
            let words = "We can’t take pictures at this moment. Yours is as it was; please try again soon.";
            FormError::with_message(&Error::Busy, "", words.to_owned())
        }
        Err(error) => FormError::of(error)?,
    };
    let details = profiles::own(&visit.cx, &me).await?;
    Ok(respond(&visit, &me, &details, outcome))
}

/// `POST /settings/profile/picture/remove`
pub async fn remove(visit: Visit, me: Member, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    avatars::remove(&visit.cx, &me).await?;
    Ok(Flash::PictureRemoved.redirect(&visit.cx.server, paths::PROFILE))
}

async fn take(visit: &Visit, me: &Member, form: Multipart) -> Result<()> {
    let turn = avatars::turn(&visit.cx, me).await?;
    let file = uploads::file(form, "picture", avatars::MAX_BYTES, avatars::TOO_MANY_BYTES).await?;
    avatars::choose(&visit.cx, me, turn, file).await
}

pub(super) fn view(person: &UserSummary, invalid: &Invalid) -> impl IntoView + use<> {
    let (words, label) = match person.avatar {
        Some(_) => ("It is shown beside everything you write.", "Choose another"),
        None => ("This one is drawn from your username, and nobody else has it.", "Choose a picture of your own"),
    };
    let remove = person.avatar.is_some().then(|| {
        view! { <form method="post" action=paths::PROFILE_PICTURE_REMOVE>{button("Take it away", Weight::Danger)}</form> }
    });
    view! {
        <section class="face" aria-labelledby="picture-heading">
            <div class="portrait">{avatar_now(person, Size::Portrait)}</div>
            <h2 id="picture-heading">"Your picture"</h2>
            <p>{words}</p>
            <form
                method="post"
                action=paths::PROFILE_PICTURE
                enctype="multipart/form-data"
                class="stack"
                data-max-bytes=avatars::MAX_BYTES.to_string()
                data-too-large=avatars::TOO_MANY_BYTES
            >
                {Field::new("picture", label)
                    .kind("file")
                    .accept("image/png,image/jpeg,image/webp")
                    .hint("PNG, JPEG or WebP, at most 8 MB. We keep the square in its middle, and nothing else of the file: not where or with what it was taken.")
                    .required()
                    .errors(invalid)
                    .view()}
                {crop()}
                {button("Use this picture", Weight::Quiet)}
            </form>
            {remove}
        </section>
    }
}

/// The cropping tool. Only the script shows it.
fn crop() -> impl IntoView {
    view! {
        <div class="crop" hidden>
            <canvas
                width="560"
                height="560"
                tabindex="0"
                role="application"
                aria-label="The part of the picture that is kept"
                aria-describedby="crop-hint"
            ></canvas>
            <div class="field">
                <label for="zoom">"Size"</label>
                <input id="zoom" type="range" min="0" max="100" step="1" value="0" />
            </div>
            <p class="field-hint" id="crop-hint">
                "Drag the picture to its place, or use the arrow keys. The wheel, two fingers, + and − change its size."
            </p>
            <button class="button" type="button">"Take the whole middle"</button>
        </div>
    }
}
