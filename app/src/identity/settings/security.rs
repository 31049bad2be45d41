//! The password of the signed-in user.

use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Error, Invalid, Result, Secret,
    identity::{
        credentials,
        sessions::request::{Elevated, Member},
        users,
    },
};

use super::page;
use crate::{
    identity::auth::{Nothing, sign_up::new_password_field},
    page::{FormError, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{Weight, button, error_summary},
};

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordForm {
    new_password: Secret,
}

/// `GET /settings/security`
pub async fn show(visit: Visit, me: Member) -> Result<Response> {
    respond(&visit, &me, FormError::none()).await
}

/// `GET /.well-known/change-password`
pub async fn change_password() -> Response {
    Redirect::to(paths::SECURITY).into_response()
}

/// `POST /settings/security/password`
pub async fn password(visit: Visit, me: Elevated, Form(typed): Form<NewPasswordForm>) -> Result<Response> {
    match credentials::change_password(&visit.cx, &me, &typed.new_password).await {
        Ok(()) => Ok(Flash::PasswordChanged.redirect(&visit.cx.server, paths::SECURITY)),
        Err(error) => respond(&visit, &me, FormError::of(error)?).await,
    }
}

/// `POST /settings/security/password/remove`
pub async fn remove_password(visit: Visit, me: Elevated, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    match credentials::remove_password(&visit.cx, &me).await {
        // Without a password there is nothing left to do: the user pressed twice.
        Ok(()) | Err(Error::NotFound) => Ok(Flash::PasswordRemoved.redirect(&visit.cx.server, paths::SECURITY)),
        Err(error) => respond(&visit, &me, FormError::of(error)?).await,
    }
}

async fn respond(visit: &Visit, me: &Member, error: FormError) -> Result<Response> {
    let account = users::account(visit.cx.server.db(), me.id()).await?;
    let view = view(&me.person.username, (account.has_password, &error.invalid));
    Ok(page(visit, paths::SECURITY, &error, view))
}

fn view(username: &str, (has_password, invalid): (bool, &Invalid)) -> impl IntoView + use<> {
    let username = username.to_owned();
    let (lead, label) = if has_password {
        ("Changing it signs out all your other devices.", "Change my password")
    } else {
        ("You have no password yet. With one you can sign in without mail or another service.", "Set a password")
    };
    let removal = has_password.then(|| {
        view! {
            <section aria-labelledby="remove-heading">
                <h2 id="remove-heading">"Without a password"</h2>
                <p>"You can remove it when something else opens your account too. All your other devices are signed out."</p>
                <form method="post" action=paths::SECURITY_PASSWORD_REMOVE>
                    {button("Remove my password", Weight::Quiet)}
                </form>
            </section>
        }
    });
    view! {
        {error_summary(invalid)}
        <p class="lead">{lead}</p>
        <form method="post" action=paths::SECURITY_PASSWORD class="stack">
            // For password managers: the account that the password belongs to.
            <input type="text" autocomplete="username" value=username hidden readonly />
            {new_password_field("new_password", invalid).view()}
            {button(label, Weight::Quiet)}
        </form>
        {removal}
    }
}
