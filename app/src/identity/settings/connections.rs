//! The connected provider accounts of the signed-in user.

use axum::{extract::Path, response::Response};
use http::StatusCode;
use leptos::{prelude::*, tachys::view::any_view::AnyView};
use server::{
    Error, Invalid, Result,
    base::clock,
    identity::{
        oauth::{self, Identity, Provider},
        sessions::request::{Elevated, Member},
    },
};
use time::OffsetDateTime;

use super::page;
use crate::{
    identity::auth::{Nothing, provider_buttons::mark},
    page::{FormError, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{error_summary, icon, when},
};

/// `GET /settings/connections`
pub async fn show(visit: Visit, me: Member) -> Result<Response> {
    respond(&visit, &me, FormError::none()).await
}

/// `POST /settings/connections/{provider}/unlink`
pub async fn unlink(
    visit: Visit,
    me: Elevated,
    Path(provider): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    match oauth::unlink(&visit.cx, &me, &provider).await {
        Ok(()) => Ok(Flash::Disconnected.redirect(&visit.cx.server, paths::CONNECTIONS)),
        Err(Error::NotFound) => {
            let gone = Invalid::one("", "That was disconnected already.");
            respond(&visit, &me, FormError::new(StatusCode::NOT_FOUND, gone)).await
        }
        Err(error) => respond(&visit, &me, FormError::of(error)?).await,
    }
}

/// The page, with its errors.
pub(crate) async fn respond(visit: &Visit, me: &Member, error: FormError) -> Result<Response> {
    let identities = oauth::list(&visit.cx, me).await?;
    let view = view(visit, &identities, &error.invalid);
    Ok(page(visit, paths::CONNECTIONS, &error, view))
}

fn view(visit: &Visit, identities: &[Identity], invalid: &Invalid) -> impl IntoView + use<> {
    let now = clock::now();
    let find = |slug: &str| visit.cx.server.providers().find(slug).ok();
    let connected = identities.iter().map(|one| connected(one, find(&one.provider).is_some(), now)).collect_view();
    let is_connected = |provider: &&Provider| identities.iter().any(|one| one.provider == provider.slug().as_str());
    let others = visit.cx.server.providers().iter().filter(|provider| !is_connected(provider));
    let others = others.map(other).collect_view();
    let asked = (visit.flash == Some(Flash::AlsoConnected) && !identities.is_empty()).then(|| ask_whose(identities));
    view! {
        {error_summary(invalid)}
        {asked}
        <p class="lead">
            "Accounts elsewhere that open your account here. What you write and who you are stays here: they only say that it is you. Disconnecting one signs out every other device that came in with it."
        </p>
        <ul class="devices">{connected}{others}</ul>
    }
}

/// After a password reset: an intruder may have connected an account of theirs.
fn ask_whose(identities: &[Identity]) -> AnyView {
    let names: Vec<String> = identities.iter().map(|one| format!("{} ({})", one.label, one.login)).collect();
    let words = format!("Your account also opens with {}. Disconnect what isn’t yours.", names.join(", "));
    view! { <p><strong>{words}</strong></p> }.into_any()
}

fn connected(one: &Identity, is_offered: bool, now: OffsetDateTime) -> AnyView {
    let (label, login) = (one.label.clone(), one.login.clone());
    let refresh = is_offered.then(|| {
        let about = format!("Take over name and picture from {}", one.label);
        act(&one.provider, "refresh", ("Update", about))
    });
    view! {
        <li class="device">
            {icon(mark(&one.provider))}
            <div class="device-words">
                <h2>{label} " " <strong class="here">"Connected"</strong></h2>
                <p>"As " <strong>{login}</strong></p>
                <p>"Since " {when(one.linked_at, now)} " · Last used " {when(one.last_used_at, now)}</p>
            </div>
            <div class="device-acts">
                {refresh} {act(&one.provider, "unlink", ("Disconnect", format!("Disconnect {}", one.label)))}
            </div>
        </li>
    }
    .into_any()
}

fn other(provider: &Provider) -> AnyView {
    let (slug, label) = (provider.slug(), provider.label().to_owned());
    let about = format!("Connect {label}");
    view! {
        <li class="device">
            {icon(mark(slug.as_str()))}
            <div class="device-words">
                <h2>{label}</h2>
                <p>"Not connected"</p>
            </div>
            <div class="device-acts">{act(slug.as_str(), "link", ("Connect", about))}</div>
        </li>
    }
    .into_any()
}

fn act(provider: &str, act: &str, (label, about): (&'static str, String)) -> AnyView {
    view! {
        <form method="post" action=paths::connection(provider, act)>
            <button class="button" type="submit" aria-label=about>{label}</button>
        </form>
    }
    .into_any()
}
