//! The last step of sign-up, for users who need one: another username if the first is taken by now, or a password for
//! an invited user.

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Invalid, Result, Secret,
    base::random::Token,
    identity::auth::sign_up::{self as verb, Missing, Outstanding},
};

use super::{keep_flow, links, sign_up, verify};
use crate::{
    page::{FormError, forms::Form, visit::Visit},
    paths,
    ui::{error_summary, hidden, submit},
};

/// The fields of the form, and the invitation or sign-up that its page was about. The cookie has the link that this
/// browser opened last, which may be another.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishSignUpForm {
    #[serde(default)]
    link: String,
    username: Option<String>,
    password: Option<Secret>,
}

/// The query of an invitation link: its token.
#[derive(Deserialize)]
pub struct Invitation {
    #[serde(default)]
    token: String,
}

/// `GET /sign-up/invitation`: removes the token from the address at once.
pub async fn invitation(visit: Visit, Query(link): Query<Invitation>) -> Result<Response> {
    let onward = Redirect::to(paths::SIGN_UP_FINISH).into_response();
    match Token::parse(&link.token) {
        Some(token) if verb::is_invitation(&visit.cx, &token).await? => {
            Ok(keep_flow(onward, &visit.cx.server.config().origin, &token))
        }
        _ => Ok(onward),
    }
}

/// `GET /sign-up/finish`
pub async fn show(visit: Visit) -> Result<Response> {
    match verb::outstanding(&visit.cx).await {
        Ok(outstanding) => {
            let mut invalid = Invalid::default();
            if outstanding.username_taken {
                invalid.add("username", "Someone else has just taken that name. Please choose another.");
            }
            Ok(page(&visit, &outstanding, &FormError::new(StatusCode::OK, invalid)))
        }
        Err(error) => verify::gone(&visit, error),
    }
}

/// `POST /sign-up/finish`
pub async fn finish(visit: Visit, Form(typed): Form<FinishSignUpForm>) -> Result<Response> {
    if current(&visit) != typed.link {
        return match verb::outstanding(&visit.cx).await {
            Ok(outstanding) => {
                let other = Invalid::one("", links::OTHER_LINK);
                Ok(page(&visit, &outstanding, &FormError::new(StatusCode::CONFLICT, other)))
            }
            Err(error) => verify::gone(&visit, error),
        };
    }
    let chosen = typed.username.clone();
    match verb::finish(&visit.cx, Missing { username: typed.username, password: typed.password }).await {
        Ok(step) => Ok(verify::after(&visit, step)),
        Err(error) => {
            let form_error = match FormError::of(error) {
                Ok(form_error) => form_error,
                Err(error) => return verify::gone(&visit, error),
            };
            match verb::outstanding(&visit.cx).await {
                Ok(mut outstanding) => {
                    outstanding.username_taken |= chosen.is_some();
                    outstanding.username = chosen.unwrap_or(outstanding.username);
                    Ok(page(&visit, &outstanding, &form_error))
                }
                Err(error) => verify::gone(&visit, error),
            }
        }
    }
}

/// The name of the invitation or sign-up that this browser opened last; empty if there is none.
fn current(visit: &Visit) -> String {
    visit.cx.flow().map(Token::name).unwrap_or_default()
}

fn page(visit: &Visit, outstanding: &Outstanding, error: &FormError) -> Response {
    error.card(visit, "Almost there", view(current(visit), outstanding, &error.invalid))
}

fn view(link: String, outstanding: &Outstanding, invalid: &Invalid) -> impl IntoView + use<> {
    let asks_username = outstanding.username_taken;
    let username = asks_username.then(|| sign_up::username_field(&outstanding.username, invalid).autofocus().view());
    let password = outstanding.password.then(|| sign_up::new_password_field("password", invalid).view());
    // For password managers: the account that the password belongs to.
    let known = (!asks_username && outstanding.password).then(|| {
        let username = outstanding.username.clone();
        view! { <input type="text" autocomplete="username" value=username hidden readonly /> }
    });
    let who = (!asks_username).then(|| {
        let name = format!("@{}", outstanding.username);
        view! { <p>"You will be " <strong>{name}</strong> " here."</p> }
    });
    view! {
        <h1>"Almost there"</h1>
        {error_summary(invalid)}
        {who}
        <form method="post" action=paths::SIGN_UP_FINISH class="stack">
            {hidden("link", link)}
            {username}
            {known}
            {password}
            {submit("Create my account")}
        </form>
    }
}
