//! Stops the digests of a user from a mail. The link shows a page with a button; a mail provider may press it for its
//! user (RFC 8058: one POST, without cookies, that is not redirected). A link that no longer stops anything says so.

use axum::{body::Bytes, extract::Query, response::Response};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;
use server::{Error, Invalid, Result, base::random::Token, social::notifications};

use crate::{
    page::card,
    page::visit::Visit,
    paths,
    ui::{Weight, button, hidden},
};

/// The query of the link.
#[derive(Deserialize)]
pub struct Link {
    #[serde(default)]
    token: String,
}

/// `GET /unsubscribe`
pub async fn ask(visit: Visit, Query(link): Query<Link>) -> Response {
    let here = format!("{}?token={}", paths::UNSUBSCRIBE, token(&link).map(|token| token.text()).unwrap_or_default());
    let view = view! {
        <h1>"No more mails of this kind?"</h1>
        <p>"We stop mailing you what waits unread. On Kith you still find it, and in your settings you can have mails again."</p>
        <form method="post" action=here class="stack">
            {hidden("List-Unsubscribe", "One-Click")}{button("Stop these mails", Weight::Primary)}
        </form>
        <p class="card-foot"><a href=paths::HOME>"Not now"</a></p>
    };
    card(&visit, "Stop these mails", StatusCode::OK, view)
}

/// `POST /unsubscribe`
pub async fn now(visit: Visit, Query(link): Query<Link>, body: Bytes) -> Result<Response> {
    // As a form of either kind: the RFC leaves the choice to the provider.
    let says = |words: &[u8]| body.windows(words.len()).any(|part| part == words);
    if !(says(b"List-Unsubscribe") && says(b"One-Click")) {
        return Err(Error::from(Invalid::default()));
    }
    let ended = match token(&link) {
        Some(token) => notifications::unsubscribe(&visit.cx.server, &token).await?,
        None => false,
    };
    Ok(if ended { done(&visit) } else { too_old(&visit) })
}

fn done(visit: &Visit) -> Response {
    let view = view! {
        <h1>"No more of these mails"</h1>
        <p>"What people answer you still waits on Kith."</p>
        <p class="card-foot"><a href=paths::NOTIFICATION_SETTINGS>"Choose what is mailed"</a></p>
    };
    card(visit, "No more of these mails", StatusCode::OK, view)
}

/// Has a status that keeps a mail provider from pressing again and again.
fn too_old(visit: &Visit) -> Response {
    let view = view! {
        <h1>"This link works no more"</h1>
        <p>"It may be from an old mail, or not all of it was copied. Nothing was changed: you can stop the mails in your settings."</p>
        <p class="card-foot"><a href=paths::NOTIFICATION_SETTINGS>"Choose what is mailed"</a></p>
    };
    card(visit, "This link works no more", StatusCode::OK, view)
}

fn token(link: &Link) -> Option<Token> {
    Token::parse(&link.token)
}
