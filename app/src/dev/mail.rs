//! The development mailbox: mails that would have been sent, newest first.

use axum::{
    extract::{Path, Query},
    response::Response,
};
use leptos::prelude::*;
use serde::Deserialize;
use server::{Error, Result, base::clock, mailer::Received};
use time::OffsetDateTime;

use crate::{
    page::{Page, visit::Visit},
    paths,
    ui::when,
};

/// The recipient whose mails the list shows.
#[derive(Deserialize)]
pub struct Filter {
    to: Option<String>,
}

/// `GET /dev/mail`
pub async fn list(visit: Visit, Query(filter): Query<Filter>) -> Result<Response> {
    let mailbox = visit.cx.server.mailer().mailbox().ok_or(Error::NotFound)?;
    let mails = mailbox.list(filter.to.as_deref());
    Ok(Page::new("Development mailbox").respond(&visit, list_view(&mails, clock::now())))
}

/// `GET /dev/mail/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response> {
    let mailbox = visit.cx.server.mailer().mailbox().ok_or(Error::NotFound)?;
    let mail = id.parse().ok().and_then(|id| mailbox.find(id)).ok_or(Error::NotFound)?;
    let page = Page::new(mail.message.subject.clone()).back(paths::DEV_MAIL, "Mailbox");
    Ok(page.respond(&visit, mail_view(&mail, clock::now())))
}

fn list_view(mails: &[Received], now: OffsetDateTime) -> impl IntoView + use<> {
    let rows = mails
        .iter()
        .map(|mail| {
            let (href, subject, to) = (paths::dev_mail(mail.id), mail.message.subject.clone(), mail.to.clone());
            view! {
                <li class="mail">
                    <a href=href>{subject}</a>
                    <p>{to} " · " {when(mail.at, now)}</p>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="settings">
            <p class="lead">"Mails of this development server. Reload to see new ones; they are gone when it stops."</p>
            {if mails.is_empty() { view! { <p>"No mail yet."</p> }.into_any() } else { view! { <ul class="mails">{rows}</ul> }.into_any() }}
        </div>
    }
}

fn mail_view(mail: &Received, now: OffsetDateTime) -> impl IntoView + use<> {
    let (to, text) = (mail.to.clone(), mail.message.text.clone());
    view! {
        <div class="settings">
            <p class="lead">"To " {to} " · " {when(mail.at, now)}</p>
            <pre class="mail-text">{text}</pre>
        </div>
    }
}
