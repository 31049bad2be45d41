//! Never loses a text of the user: if it cannot be saved, for whatever reason, the response holds it, in the form it
//! was sent with. Such a page makes no database query and needs no script.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, RETRY_AFTER},
};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use server::{Error, Result, identity::sessions::request::Member};

use crate::{
    page::{
        Page,
        form_user::{self, Checked},
        forms::Form,
        visit::{Visit, here},
    },
    paths,
    wording::MAY_BE_SAVED,
};

/// A form with text. Unlike other forms it is read for every sender, known or not: the text must be there to be
/// returned.
pub struct PreservedForm<T> {
    pub visit: Visit,
    /// The user who sends it, or the reason it is unknown.
    pub me: Result<Member>,
    pub typed: T,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for PreservedForm<T> {
    type Rejection = Response;

    async fn from_request(mut request: Request<Body>, state: &S) -> Result<Self, Response> {
        let back = here(request.method(), request.uri(), request.headers());
        let mut visit = Visit::unasked(request.extensions(), back).map_err(IntoResponse::into_response)?;
        let (checked, user) = Checked::take(&mut request);
        visit.form_user = user;
        let me = checked.and_then(|()| visit.me().cloned().ok_or(Error::SignInNeeded));
        match (Form::from_request(request, state).await, me) {
            (Ok(Form(typed)), me) => Ok(Self { visit, me, typed }),
            (Err(_), Err(nobody)) => Err(nobody.into_response()),
            (Err(refusal), Ok(_)) => Err(refusal),
        }
    }
}

/// Returns the page with `form` and its text; `what` names the text in two words, such as "your post".
pub fn page<V: IntoView + 'static>(visit: &Visit, error: Error, what: &str, form: V) -> Response {
    // Logs the cause and gives the status.
    let bare = error.into_response();
    let (status, wait) = (bare.status(), bare.headers().get(RETRY_AFTER).cloned());
    let (title, words) = match status {
        StatusCode::UNAUTHORIZED => (
            "You are signed out".to_owned(),
            format!(
                "So {what} is not sent yet. All of it is still here: sign in in another tab, come back to this one \
                 and send it again."
            ),
        ),
        StatusCode::CONFLICT => {
            let Some(me) = visit.me() else { return bare };
            let name = &me.person.username;
            (
                form_user::title(me),
                format!(
                    "The page you sent this from was opened before that, so {what} is not sent. All of it is still \
                     here: send it as @{name}, or sign in with the other account first."
                ),
            )
        }
        StatusCode::NOT_FOUND => (
            "That is gone".to_owned(),
            "It was taken down while you wrote. Your words are still here to post by themselves.".into(),
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "We can’t reach what this needs".to_owned(),
            format!("We can’t tell what became of {what}. {MAY_BE_SAVED} All of it is still here."),
        ),
        _ => return bare,
    };
    // In a new tab: this page must remain.
    let sign_in = (status == StatusCode::UNAUTHORIZED)
        .then(|| view! { <p><a class="button" href=paths::SIGN_IN target="_blank">"Sign in"</a></p> });
    let view = view! {
        <div class="settings">
            <section>
                <p role="alert">{words}</p>
                {sign_in}
                {form}
            </section>
        </div>
    };
    let mut page = Page::new(title).status(status).respond(visit, view);
    page.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(wait) = wait {
        page.headers_mut().insert(RETRY_AFTER, wait);
    }
    page
}
