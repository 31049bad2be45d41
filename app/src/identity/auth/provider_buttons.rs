//! The buttons of the providers, on the pages for sign-in, elevation and sign-up.

use leptos::{prelude::*, tachys::view::any_view::AnyView};
use server::{
    base::redirect_target::safe_next,
    config::providers::GITHUB,
    identity::oauth::{Identity, Provider},
};

use crate::{
    page::visit::Visit,
    paths,
    ui::{Icon, hidden, icon},
};

/// The buttons for OAuth sign-in, below a form; `None` without providers.
pub(super) fn sign_in_buttons(visit: &Visit, next: &str) -> Option<AnyView> {
    let all = visit.cx.server.providers().iter();
    below_or(all.map(|provider| button(provider, paths::oauth_start(provider.slug()), Some(next))).collect())
}

/// The buttons that verify the owner of an account by another provider than the one of the pending OAuth sign-up.
pub(super) fn owner_buttons(visit: &Visit, from: &str) -> Option<AnyView> {
    let others = visit.cx.server.providers().iter().filter(|provider| provider.slug().as_str() != from);
    below_or(others.map(|provider| button(provider, paths::pending_sign_up_with(provider.slug()), None)).collect())
}

/// The buttons that elevate by a connected account, for users without a password.
pub(super) fn elevation_buttons(visit: &Visit, identities: &[Identity], next: &str) -> Option<AnyView> {
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
