//! OAuth sign-in: the authorization request, the callback, and the messages when it fails.

use axum::{
    extract::{Path, RawQuery},
    response::{IntoResponse, Redirect, Response},
};
use http::{
    StatusCode,
    header::{REFRESH, SET_COOKIE},
};
use leptos::{prelude::*, tachys::view::any_view::AnyView};
use serde::Deserialize;
use server::{
    Error, Invalid, Result,
    base::{random::Token, redirect_target::safe_next},
    config::{Origin, providers::GITHUB},
    http::cookies::Cookie,
    identity::{
        oauth::{self, Callback, CallbackOutcome, Identity, Intent, OAuthRefusal, Provider, StartOutcome},
        sessions::request::Member,
    },
};

use super::{FLOW, Nothing, card, elevate as elevation, pending_sign_up, refusal, sign_in};
use crate::{
    flash::Flash,
    forms::Form,
    paths,
    settings::connections,
    ui::{Icon, Weight, button_link, hidden, icon, safe_href},
    visit::Visit,
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
pub async fn set_out(visit: Visit, Path(provider): Path<String>, Form(onward): Form<Onward>) -> Result<Response> {
    let next = safe_next(&onward.next, paths::HOME);
    let going = oauth::sign_in(&visit.cx, &provider, next).await?;
    go(&visit, going, (&provider, Intent::SignIn, next)).await
}

/// `POST /elevate/with/{provider}`
pub async fn elevate(
    visit: Visit,
    me: Member,
    Path(provider): Path<String>,
    Form(onward): Form<Onward>,
) -> Result<Response> {
    let next = safe_next(&onward.next, paths::DEVICES);
    let going = oauth::elevate(&visit.cx, &me, &provider, next).await?;
    go(&visit, going, (&provider, Intent::Elevate, next)).await
}

/// `POST /sign-up/arrival/with/{provider}`
pub async fn prove(visit: Visit, Path(provider): Path<String>, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    let going = oauth::prove(&visit.cx, &provider).await?;
    go(&visit, going, (&provider, Intent::Prove, paths::HOME)).await
}

/// Sends the browser to the provider, with the cookie that the callback needs.
pub(crate) async fn go(
    visit: &Visit,
    going: StartOutcome,
    (provider, intent, next): (&str, Intent, &str),
) -> Result<Response> {
    match going {
        StartOutcome::To { url, browser } => {
            let label = visit.cx.server.providers().find(provider).map(Provider::label)?;
            Ok(keep(onward(visit, label, &url), &visit.cx.server.config().origin, &browser))
        }
        StartOutcome::Refused(why) => sorry(visit, provider, why, (Some(intent), next)).await,
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
pub async fn come_back(visit: Visit, Path(provider): Path<String>, RawQuery(query): RawQuery) -> Result<Response> {
    let query = query.unwrap_or_default();
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let callback = Callback::parse(pairs.iter().map(|(name, value)| (name.as_ref(), value.clone().into_owned())));
    let server = &visit.cx.server;
    let origin = &server.config().origin;
    match oauth::come_back(&visit.cx, &provider, &callback).await {
        Ok(CallbackOutcome::SignedIn { next }) => Ok(Flash::SignedIn.redirect(server, &next)),
        Ok(CallbackOutcome::Proved { next }) => Ok(forget(Flash::Proved.redirect(server, &next), origin)),
        Ok(CallbackOutcome::Linked) => Ok(Flash::Connected.redirect(server, paths::CONNECTIONS)),
        Ok(CallbackOutcome::Elevated { next }) => Ok(Redirect::to(&next).into_response()),
        Ok(CallbackOutcome::AlreadyUsed) => Ok(Redirect::to(paths::HOME).into_response()),
        Ok(CallbackOutcome::Refreshed) => Ok(Flash::Refreshed.redirect(server, paths::CONNECTIONS)),
        Ok(CallbackOutcome::Arrived { browser }) => {
            Ok(keep(Redirect::to(paths::ARRIVAL).into_response(), origin, &browser))
        }
        Ok(CallbackOutcome::Refused { why, intent, next }) => sorry(&visit, &provider, why, (intent, &next)).await,
        // The user of a suspended account has shown who they are, so the page tells them the reason.
        Err(Error::Invalid(why)) => Ok(sign_in::instead(&visit, paths::HOME, refusal(why.into())?)),
        Err(other) => Err(other),
    }
}

/// Tells the user why nothing was done, on the page where they can continue.
async fn sorry(
    visit: &Visit,
    provider: &str,
    why: OAuthRefusal,
    (intent, next): (Option<Intent>, &str),
) -> Result<Response> {
    let label = visit.cx.server.providers().find(provider).map(Provider::label)?;
    let status = status(why);
    let wait = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECONDS);
    let refusal = (status, wait, Invalid::one("", why.words(label)));
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

/// Sets the cookie with the browser token, for the callback or for a pending OAuth sign-up.
fn keep(mut response: Response, origin: &Origin, browser: &Token) -> Response {
    if let Some(cookie) = Cookie::OAuth.set(origin, &browser.text(), Some(FLOW)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Removes the cookie of a pending OAuth sign-up that is finished.
pub(super) fn forget(mut response: Response, origin: &Origin) -> Response {
    if let Some(cookie) = Cookie::OAuth.remove(origin) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// The buttons for OAuth sign-in, below a form; `None` without providers.
pub(super) fn ways(visit: &Visit, next: &str) -> Option<AnyView> {
    let all = visit.cx.server.providers().iter();
    below_or(all.map(|provider| button(provider, paths::set_out(provider.slug()), Some(next))).collect())
}

/// The buttons that verify the owner of an account by another provider than the one of the pending OAuth sign-up.
pub(super) fn proofs(visit: &Visit, from: &str) -> Option<AnyView> {
    let others = visit.cx.server.providers().iter().filter(|provider| provider.slug().as_str() != from);
    below_or(others.map(|provider| button(provider, paths::arrival_with(provider.slug()), None)).collect())
}

/// The buttons that elevate by a connected account, for users without a password.
pub(super) fn elevations(visit: &Visit, identities: &[Identity], next: &str) -> Option<AnyView> {
    let mine = visit.cx.server.providers().iter();
    let mine = mine.filter(|provider| identities.iter().any(|one| one.provider == provider.slug().as_str()));
    below_or(mine.map(|provider| button(provider, paths::elevate_with(provider.slug()), Some(next))).collect())
}

fn below_or(buttons: Vec<AnyView>) -> Option<AnyView> {
    (!buttons.is_empty()).then(|| view! { <div class="ways"><p class="or">"or"</p>{buttons}</div> }.into_any())
}

fn button(provider: &Provider, action: String, next: Option<&str>) -> AnyView {
    let label = format!("Continue with {}", provider.label());
    let next = next.map(|next| hidden("next", safe_next(next, paths::HOME)));
    view! {
        <form method="post" action=action>
            {next}
            <button class="button" type="submit">{icon(mark(provider.slug().as_str()))} <span>{label}</span></button>
        </form>
    }
    .into_any()
}

/// The icon of a provider.
pub(crate) fn mark(provider: &str) -> Icon {
    if provider == GITHUB.as_str() { Icon::GitHub } else { Icon::Key }
}
