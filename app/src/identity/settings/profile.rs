//! The profile and avatar of the signed-in user.

mod picture;

use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    Error, Invalid, Result,
    identity::{sessions::request::Member, users::DISPLAY_NAME_MAX},
    social::profiles::{self, BIO_MAX, Details, LINKS, PLACE_MAX, PRONOUNS_MAX},
};

pub use self::picture::{choose, remove};
use super::page;
use crate::{
    page::{
        FormError,
        flash::Flash,
        preserve_input::{self, PreservedForm},
        visit::Visit,
    },
    paths,
    ui::{Field, Weight, button_link, error_summary, submit, textarea},
};

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileForm {
    display_name: String,
    bio: String,
    pronouns: String,
    place: String,
    link1: String,
    link2: String,
    link3: String,
    link4: String,
}

impl From<ProfileForm> for Details {
    fn from(typed: ProfileForm) -> Self {
        let ProfileForm { display_name, bio, pronouns, place, link1, link2, link3, link4 } = typed;
        Self { display_name, bio, pronouns, place, links: vec![link1, link2, link3, link4] }
    }
}

/// `GET /settings/profile`
pub async fn show(visit: Visit, me: Member) -> Result<Response> {
    let details = profiles::own(&visit.cx, &me).await?;
    Ok(respond(&visit, &me, &details, FormError::none()))
}

/// `POST /settings/profile`
pub async fn edit(PreservedForm { visit, me, typed }: PreservedForm<ProfileForm>) -> Response {
    let typed = Details::from(typed);
    let answer = edited(&visit, me, &typed).await;
    answer.unwrap_or_else(|error| {
        if typed.is_empty() {
            error.into_response()
        } else {
            preserve_input::page(&visit, error, "what you said", form(None, &typed, &Invalid::default()))
        }
    })
}

async fn edited(visit: &Visit, me: Result<Member>, typed: &Details) -> Result<Response> {
    let me = me?;
    match profiles::edit(&visit.cx, &me, typed).await {
        Ok(()) => Ok(Flash::ProfileChanged.redirect(&visit.cx.server, paths::PROFILE)),
        Err(error @ Error::Busy) => Err(error),
        Err(error) => Ok(respond(visit, &me, typed, FormError::of(error)?)),
    }
}

fn respond(visit: &Visit, me: &Member, details: &Details, error: FormError) -> Response {
    let view = view! {
        {error_summary(&error.invalid)}
        {picture::view(&me.person, &error.invalid)}
        {about(&me.person.username, details, &error.invalid)}
    };
    page(visit, paths::PROFILE, &error, view)
}

fn about(username: &str, details: &Details, invalid: &Invalid) -> impl IntoView + use<> {
    view! {
        <section aria-labelledby="about-heading">
            <h2 id="about-heading">"About you"</h2>
            <p>"Everybody can read this. Leave empty what you would rather not say."</p>
            {form(Some(username), details, invalid)}
        </section>
    }
}

fn form(username: Option<&str>, details: &Details, invalid: &Invalid) -> impl IntoView + use<> {
    let see = username.map(|name| button_link("See your profile", paths::profile(name), Weight::Quiet));
    view! {
        <form method="post" action=paths::PROFILE class="stack">
            {short("display_name", "Display name", DISPLAY_NAME_MAX, &details.display_name, invalid).autocomplete("name").view()}
            {short("pronouns", "Pronouns", PRONOUNS_MAX, &details.pronouns, invalid).autocomplete("off").view()}
            {short("place", "Place", PLACE_MAX, &details.place, invalid).autocomplete("off").view()}
            {textarea("bio", "Bio")
                .value(&details.bio)
                .rows(4)
                .hint(format!("Up to {BIO_MAX} characters. *Emphasis*, `code`, links and lists as in posts."))
                .errors(invalid)
                .view()}
            {links(details, invalid)}
            <div class="line-up">{submit("Save")} {see}</div>
        </form>
    }
}

/// A field for up to `most` characters in one line. The browser counts in other units, so it accepts a few more.
fn short(name: &'static str, label: &'static str, most: usize, value: &str, invalid: &Invalid) -> Field {
    Field::new(name, label).value(value).maxlength(2 * most).errors(invalid)
}

fn links(details: &Details, invalid: &Invalid) -> impl IntoView + use<> {
    const LABELS: [&str; LINKS.len()] = ["First link", "Second link", "Third link", "Fourth link"];
    let fields = (0..LINKS.len())
        .map(|n| {
            Field::new(LINKS[n], LABELS[n])
                .value(details.links.get(n).map(String::as_str).unwrap_or_default())
                .inputmode("url")
                .autocomplete("off")
                .autocapitalize("none")
                .spellcheck(false)
                .errors(invalid)
                .view()
        })
        .collect_view();
    view! {
        <fieldset>
            <legend>"Where else you are"</legend>
            <p class="field-hint">"Such as https://example.org. Each is shown with the name of its site."</p>
            {fields}
        </fieldset>
    }
}
