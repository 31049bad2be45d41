//! Turns a refusal into a page: a bare status from a handler or a layer gets the text that belongs to it. A user who
//! must sign in or elevate is sent there and returns afterwards.

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{
    StatusCode,
    header::{ALLOW, CONTENT_TYPE, RETRY_AFTER},
};
use server::{
    Error,
    http::{CLEAR_SITE_DATA, Refused},
};

use crate::{
    page::{
        Page, Shell,
        error_page::{self, Effect},
        form_user,
        visit::{Visit, here, kept},
    },
    paths,
};

/// Gives a page to every refusal that has none of its own.
pub async fn pages(request: Request<Body>, next: Next) -> Response {
    let (path, extensions) = (request.uri().path().to_owned(), kept(request.extensions()));
    let back = here(request.method(), request.uri(), request.headers());
    // A provider's callback is a GET that signs in or connects.
    let changes = !request.method().is_safe() || path.starts_with("/auth/");
    let response = next.run(request).await;
    let refused = response.status().is_client_error() || response.status().is_server_error();
    // Programs read files, the islands' functions and health checks: for them the status is enough.
    let for_people =
        !["/api/", "/assets/", "/avatars/", "/healthz", "/readyz"].iter().any(|prefix| path.starts_with(prefix));
    let has_page = response.headers().get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    if !refused || has_page || !for_people {
        return response;
    }
    let Ok(visit) = Visit::unasked(&extensions, back) else { return response };
    // Members keep their navigation. After a fault on our side, the database is not asked.
    if response.status().is_client_error() {
        visit.cx.ask().await.ok();
    }
    page(&response, &visit, changes)
}

/// `changes`: true if the request was to change something.
fn page(response: &Response, visit: &Visit, changes: bool) -> Response {
    let refused = response.extensions().get::<Refused>().map(|refused| &*refused.0);
    match refused {
        Some(Error::SignInNeeded) => {
            return Redirect::to(&paths::with_next(paths::SIGN_IN, &visit.here)).into_response();
        }
        Some(Error::ElevationNeeded) => {
            return Redirect::to(&paths::with_next(paths::ELEVATE, &visit.here)).into_response();
        }
        Some(Error::OtherUser) if visit.me().is_some() => return form_user::respond(visit, b""),
        _ => {}
    }
    let status = response.status();
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let shell = if status == StatusCode::NOT_FOUND { Shell::Site } else { Shell::Card };
    let title = error_page::title(status);
    let page = Page::new(title).own_heading().status(status).shell(shell);
    // The answer to a commit may have been lost. With no free place the change did not even begin.
    let effect = match refused {
        _ if !changes || !status.is_server_error() => Effect::Unchanged,
        Some(Error::Busy) => Effect::Unchanged,
        _ => Effect::Unknown,
    };
    let mut page = page.respond(visit, error_page::view(status, wait, effect));
    for name in [RETRY_AFTER, ALLOW, CLEAR_SITE_DATA] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        page.headers_mut().entry(RETRY_AFTER).or_insert(2.into());
    }
    page
}
