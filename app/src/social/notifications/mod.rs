//! Notifications: the page, its forms, and the link that stops their mails. Opening the page changes nothing; a
//! notification is marked as read by a form, or by the browser when the user follows a row (`ping`), if it supports
//! that.

mod row;
pub mod unsubscribe;

use axum::{
    body::Bytes,
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use leptos::{either::Either, prelude::*};
use serde::Deserialize;
use server::{
    Error, Result,
    base::{clock, id::UserId, time_cursor::TimeCursor},
    identity::sessions::request::Member,
    social::notifications::{self, Page},
};

use crate::{
    page::{
        self, Tab,
        flash::Flash,
        forms::{self, Form},
        visit::Visit,
    },
    paths,
    ui::{Weight, button, button_link, empty::empty, hidden, pager},
};

/// The position in the list.
#[derive(Debug, Default, Deserialize)]
pub struct NotificationsQuery {
    before: Option<String>,
}

/// `GET /notifications`
pub async fn show(visit: Visit, me: Member, Query(place): Query<NotificationsQuery>) -> Result<Response> {
    let before = place.before.map(|text| text.parse::<TimeCursor>().map_err(|()| Error::NotFound)).transpose()?;
    let page = notifications::page(&mut *visit.cx.server.db().acquire().await?, &me, before).await?;
    let view = view(&page, me.id(), before, me.unread > 0);
    Ok(page::Page::new("Notifications").tab(Tab::Notifications).respond(&visit, view))
}

/// The fields of a row's buttons.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkReadForm {
    next: Option<String>,
}

/// `POST /notifications/{id}/read`
pub async fn read(
    visit: Visit,
    me: Member,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let id = id.parse().map_err(|_| Error::NotFound.into_response())?;
    // The browser itself sends this as the user follows a link (HTML: hyperlink auditing): there is no page to answer
    // with.
    if headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/ping")) {
        notifications::read(&visit.cx, &me, id).await.map_err(IntoResponse::into_response)?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let sent: MarkReadForm = forms::sent(&headers, &body).map_err(IntoResponse::into_response)?;
    notifications::read(&visit.cx, &me, id).await.map_err(IntoResponse::into_response)?;
    let next = server::base::redirect_target::safe_next(sent.next.as_deref().unwrap_or_default(), paths::NOTIFICATIONS);
    Ok(Flash::MarkedRead.redirect(&visit.cx.server, next))
}

/// The field of the button above the list: the newest notification that the user has seen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    until: String,
}

/// `POST /notifications/read`
pub async fn read_all(visit: Visit, me: Member, Form(seen): Form<Seen>) -> Result<Response> {
    let until = seen.until.parse().map_err(|()| Error::from(server::Invalid::default()))?;
    notifications::read_all(&visit.cx, &me, until).await?;
    Ok(Flash::AllRead.redirect(&visit.cx.server, paths::NOTIFICATIONS))
}

fn view(page: &Page, me: UserId, before: Option<TimeCursor>, unread: bool) -> impl IntoView + use<> {
    let now = clock::now();
    let next = before.map_or_else(|| paths::NOTIFICATIONS.to_owned(), |at| paths::before(paths::NOTIFICATIONS, at));
    // Also if none of the counted notifications is shown: otherwise they would be counted for ever.
    let newest = page.newest.filter(|_| unread && before.is_none());
    let all = newest.map(|at| {
        view! {
            <form method="post" action=paths::NOTIFICATIONS_READ>
                {hidden("until", at.to_string())}{button("Mark all as read", Weight::Quiet)}
            </form>
        }
    });
    if page.rows.is_empty() && before.is_none() && page.older.is_none() {
        let all = all.map(|form| view! { <div class="notification-actions">{form}</div> });
        return Either::Left(view! { {all}{nothing()} });
    }
    let rows = page.rows.iter().map(|row| row::row(row, me, now)).collect_view();
    let older = match page.older {
        Some(at) => Either::Left(pager::earlier(paths::before(paths::NOTIFICATIONS, at))),
        None => Either::Right(view! { <p class="end-of-list">"That’s everything."</p> }),
    };
    Either::Right(view! {
        <div class="notification-actions">
            {all}{button_link("Settings", paths::NOTIFICATION_SETTINGS, Weight::Quiet)}
        </div>
        <section class="sheet" aria-label="Notifications">
            <form method="post">{hidden("next", next)}<ul class="notification-list">{rows}</ul></form>
            {older}
        </section>
    })
}

fn nothing() -> impl IntoView {
    let words = "Replies, mentions, new followers and likes appear here.";
    let way = button_link("Write something", paths::WRITE, Weight::Primary);
    view! { <section class="sheet">{empty("All quiet", words, way)}</section> }
}
