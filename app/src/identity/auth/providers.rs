//! OAuth sign-in: the authorization request, the callback, and the messages when it fails.

use axum::{
    extract::{Path, RawQuery},
    response::{IntoResponse, Redirect, Response},
};
use http::{StatusCode, header::REFRESH};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Error, Invalid, Result,
    base::redirect_target::safe_next,
    http::cookies::Cookie,
    identity::{
        oauth::{self, Callback, CallbackOutcome, Intent, OAuthRefusal, Provider, StartOutcome},
        sessions::request::{Elevated, Member},
    },
};

use super::{Nothing, drop, elevate as elevation, keep, pending_sign_up, sign_in};
use crate::{
    identity::settings::connections,
    page::{FormError, card, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{Weight, button_link, safe_href},
};

/// The fields of a form that starts an OAuth sign-in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onward {
    #[serde(default)]
    next: String,
}

/// Seconds after which the user may try a provider again that did not answer.
const RETRY_AFTER_SECONDS: u64 = 30;

/// `POST /auth/{provider}`
pub async fn start_sign_in(visit: Visit, Path(provider): Path<String>, Form(onward): Form<Onward>) -> Result<Response> {
    let next = safe_next(&onward.next, paths::HOME);
    let started = oauth::sign_in(&visit.cx, &provider, next).await?;
    redirect(&visit, started, (&provider, Intent::SignIn, next)).await
}

/// `POST /elevate/with/{provider}`
pub async fn elevate(
    visit: Visit,
    me: Member,
    Path(provider): Path<String>,
    Form(onward): Form<Onward>,
) -> Result<Response> {
    let next = safe_next(&onward.next, paths::DEVICES);
    let started = oauth::elevate(&visit.cx, &me, &provider, next).await?;
    redirect(&visit, started, (&provider, Intent::Elevate, next)).await
}

/// `POST /sign-up/provider/with/{provider}`
pub async fn prove(visit: Visit, Path(provider): Path<String>, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    let started = oauth::prove(&visit.cx, &provider).await?;
    redirect(&visit, started, (&provider, Intent::Prove, paths::HOME)).await
}

/// `POST /settings/connections/{provider}/link`
pub async fn link(
    visit: Visit,
    me: Elevated,
    Path(provider): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    let started = oauth::link(&visit.cx, &me, &provider).await?;
    redirect(&visit, started, (&provider, Intent::Link, paths::CONNECTIONS)).await
}

/// `POST /settings/connections/{provider}/refresh`
pub async fn refresh(
    visit: Visit,
    me: Member,
    Path(provider): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    let started = oauth::refresh(&visit.cx, &me, &provider).await?;
    redirect(&visit, started, (&provider, Intent::Refresh, paths::CONNECTIONS)).await
}

/// Sends the browser to the provider, with the cookie that the callback needs.
async fn redirect(
    visit: &Visit,
    started: StartOutcome,
    (provider, intent, next): (&str, Intent, &str),
) -> Result<Response> {
    match started {
        StartOutcome::To { url, browser } => {
            let label = visit.cx.server.providers().find(provider).map(Provider::label)?;
            Ok(keep(Cookie::OAuth, onward(visit, label, &url), &visit.cx.server.config().origin, &browser))
        }
        StartOutcome::Refused(why) => refused(visit, provider, why, (Some(intent), next)).await,
    }
}

/// A page of our own that leads to a provider, by itself and by a link. A redirect does not work: browsers apply
/// `form-action` to every redirect after a form, and a provider may redirect over hosts that we do not know.
fn onward(visit: &Visit, label: &str, url: &str) -> Response {
    let link = safe_href(url).map(|href| button_link(format!("Continue to {label}"), href, Weight::Primary));
    let words = format!("We are taking you to {label}. If nothing happens, follow the link.");
    let view = view! { <h1>"One moment"</h1><p>{words}</p>{link} };
    let mut response = card(visit, "One moment", StatusCode::OK, view);
    if let Ok(refresh) = format!("0;url={url}").parse() {
        response.headers_mut().insert(REFRESH, refresh);
    }
    response
}

/// `GET /auth/{provider}/callback`
pub async fn callback(visit: Visit, Path(provider): Path<String>, RawQuery(query): RawQuery) -> Result<Response> {
    let query = query.unwrap_or_default();
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let callback = Callback::parse(pairs.iter().map(|(name, value)| (name.as_ref(), value.clone().into_owned())));
    let server = &visit.cx.server;
    let origin = &server.config().origin;
    match oauth::handle_callback(&visit.cx, &provider, &callback).await {
        Ok(CallbackOutcome::SignedIn { next }) => Ok(Flash::SignedIn.redirect(server, &next)),
        Ok(CallbackOutcome::Proved { next }) => Ok(drop(Cookie::OAuth, Flash::Proved.redirect(server, &next), origin)),
        Ok(CallbackOutcome::Linked) => Ok(Flash::Connected.redirect(server, paths::CONNECTIONS)),
        Ok(CallbackOutcome::Elevated { next }) => Ok(Redirect::to(&next).into_response()),
        Ok(CallbackOutcome::AlreadyUsed) => Ok(Redirect::to(paths::HOME).into_response()),
        Ok(CallbackOutcome::Refreshed) => Ok(Flash::Refreshed.redirect(server, paths::CONNECTIONS)),
        Ok(CallbackOutcome::PendingSignUp { browser }) => {
            Ok(keep(Cookie::OAuth, Redirect::to(paths::PENDING_SIGN_UP).into_response(), origin, &browser))
        }
        Ok(CallbackOutcome::Refused { why, intent, next }) => refused(&visit, &provider, why, (intent, &next)).await,
        // The user of a suspended account has shown who they are, so the page tells them the reason.
        Err(Error::Invalid(why)) => Ok(sign_in::instead(&visit, paths::HOME, FormError::of(why.into())?)),
        Err(other) => Err(other),
    }
}

/// Tells the user why nothing was done, on the page where they can continue.
async fn refused(
    visit: &Visit,
    provider: &str,
    why: OAuthRefusal,
    (intent, next): (Option<Intent>, &str),
) -> Result<Response> {
    let label = visit.cx.server.providers().find(provider).map(Provider::label)?;
    let status = status(why);
    let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECONDS);
    let refusal = FormError { status, retry_after, invalid: Invalid::one("", why.words(label)) };
    match (intent, visit.me()) {
        (Some(Intent::Elevate), Some(me)) => elevation::ask(visit, me, next, refusal).await,
        (Some(Intent::Link | Intent::Refresh) | None, Some(me)) => connections::respond(visit, me, refusal).await,
        (Some(Intent::Prove), _) => pending_sign_up::respond(visit, refusal).await,
        _ => Ok(sign_in::instead(visit, next, refusal)),
    }
}

fn status(why: OAuthRefusal) -> StatusCode {
    match why {
        OAuthRefusal::Down | OAuthRefusal::Wait | OAuthRefusal::Settings => StatusCode::SERVICE_UNAVAILABLE,
        OAuthRefusal::LinkedElsewhere | OAuthRefusal::LinkedAlready | OAuthRefusal::HasAnother => StatusCode::CONFLICT,
        OAuthRefusal::Denied
        | OAuthRefusal::Unverified
        | OAuthRefusal::NotThatOne
        | OAuthRefusal::NotFresh
        | OAuthRefusal::HasPassword => StatusCode::FORBIDDEN,
        OAuthRefusal::Gone | OAuthRefusal::SessionGone => StatusCode::BAD_REQUEST,
    }
}
