//! The settings for notifications by mail: which kinds, and how often.

use axum::response::Response;
use leptos::{prelude::*, tachys::view::any_view::AnyView};
use serde::Deserialize;
use server::{
    Error, Invalid, Result,
    identity::sessions::request::Member,
    social::notifications::{self, NotificationKind, Rhythm, Settings},
};

use super::page;
use crate::{
    page::{FormError, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{Weight, button, checkbox},
};

/// `GET /settings/notifications`
pub async fn show(visit: Visit, me: Member) -> Result<Response> {
    let settings = notifications::settings(&mut *visit.cx.server.db().acquire().await?, &me).await?;
    Ok(page(&visit, paths::NOTIFICATION_SETTINGS, &FormError::none(), view(&settings)))
}

/// The fields of the form: an unticked box sends nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    rhythm: String,
    #[serde(default)]
    reply: bool,
    #[serde(default)]
    mention: bool,
    #[serde(default)]
    follow: bool,
    #[serde(default)]
    like: bool,
}

/// `POST /settings/notifications`
pub async fn save(visit: Visit, me: Member, Form(chosen): Form<Chosen>) -> Result<Response> {
    let ticked = |kind| match kind {
        NotificationKind::Reply => chosen.reply,
        NotificationKind::Mention => chosen.mention,
        NotificationKind::Follow => chosen.follow,
        NotificationKind::Like => chosen.like,
    };
    let rhythm = Rhythm::parse(&chosen.rhythm).ok_or_else(|| Error::from(Invalid::default()))?;
    let kinds = NotificationKind::ALL.into_iter().filter(|kind| ticked(*kind)).collect();
    notifications::save(&visit.cx, &me, &Settings { rhythm, kinds }).await?;
    Ok(Flash::MailChosen.redirect(&visit.cx.server, paths::NOTIFICATION_SETTINGS))
}

fn view(settings: &Settings) -> impl IntoView + use<> {
    let rhythms = Rhythm::ALL.map(|rhythm| choice(rhythm, settings.rhythm == rhythm)).collect_view();
    let kinds = NotificationKind::ALL
        .map(|kind| checkbox(kind.name(), label(kind), settings.kinds.contains(&kind)).into_any())
        .collect_view();
    view! {
        <p class="lead">
            "On Kith you are told of everything. Here you choose what you are also mailed of when it waits unread."
        </p>
        <form method="post" class="stack">
            <fieldset class="choices">
                <legend>"How often"</legend>
                {rhythms}
            </fieldset>
            <fieldset class="choices">
                <legend>"What of"</legend>
                {kinds}
            </fieldset>
            {button("Save", Weight::Primary)}
        </form>
    }
}

fn choice(rhythm: Rhythm, chosen: bool) -> AnyView {
    let label = match rhythm {
        Rhythm::Off => "Never",
        Rhythm::Daily => "At most once a day",
        Rhythm::Weekly => "At most once a week",
    };
    view! {
        <label class="check">
            <input type="radio" name="rhythm" value=rhythm.name() checked=chosen required />
            <span>{label}</span>
        </label>
    }
    .into_any()
}

fn label(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::Reply => "Someone replies to me",
        NotificationKind::Mention => "Someone mentions me",
        NotificationKind::Follow => "Someone follows me",
        NotificationKind::Like => "Someone likes my post",
    }
}
