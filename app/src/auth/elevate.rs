//! Proving again who one is.

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;
use server::{Invalid, Result, Secret, auth::elevate as verb, request::Member, web::safe_next};

use super::{Onward, card, refusal, with_retry};
use crate::{
    forms::Form,
    paths,
    ui::{Field, error_summary, hidden, submit},
    visit::Visit,
};

/// What the form sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    current_password: Secret,
    #[serde(default)]
    next: String,
}

const TITLE: &str = "Is it you?";

/// `GET /elevate`
pub async fn show(visit: Visit, me: Member, Query(onward): Query<Onward>) -> Response {
    card(&visit, TITLE, StatusCode::OK, view(&me, &onward.next, &Invalid::default()))
}

/// `POST /elevate`
pub async fn elevate(visit: Visit, me: Member, Form(typed): Form<Typed>) -> Result<Response> {
    let next = safe_next(&typed.next, paths::DEVICES);
    match verb::with_password(&visit.cx, &me, &typed.current_password).await {
        Ok(()) => Ok(Redirect::to(next).into_response()),
        Err(error) => {
            let (status, wait, invalid) = refusal(error)?;
            Ok(with_retry(card(&visit, TITLE, status, view(&me, next, &invalid)), wait))
        }
    }
}

fn view(me: &Member, next: &str, invalid: &Invalid) -> impl IntoView + use<> {
    let username = me.person.username.clone();
    let next = safe_next(next, paths::DEVICES).to_owned();
    view! {
        <h1>{TITLE}</h1>
        {error_summary(invalid)}
        <p>"Before something important changes, please type your password once more. It counts for 10 minutes."</p>
        <form method="post" action=paths::ELEVATE class="stack">
            {hidden("next", next.clone())}
            // For password managers: whose password it is.
            <input type="text" autocomplete="username" value=username hidden readonly />
            {Field::new("current_password", "Password")
                .kind("password")
                .autocomplete("current-password")
                .maxlength(256)
                .required()
                .autofocus()
                .errors(invalid)
                .view()}
            {submit("Continue")}
        </form>
        <p class="card-foot"><a href=next>"Not now"</a></p>
    }
}
