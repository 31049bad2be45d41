//! Link previews: Open Graph, which Twitter's cards read as well, except for their size.

use leptos::{html::meta, prelude::*};
use server::{
    config::Origin,
    identity::{avatars, users::UserSummary},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::paths;

/// The subject of a page.
#[derive(Clone, Debug, Default)]
pub(crate) enum Subject {
    #[default]
    Site,
    Person(UserSummary),
    Post(UserSummary, OffsetDateTime),
}

/// A picture for programs that take no SVG.
pub struct Picture {
    pub path: String,
    /// Pixels each way, if known: a picture of a user may be smaller than the largest size.
    pub side: Option<u32>,
    alt: String,
}

/// The avatar of a user.
pub fn picture(person: &UserSummary) -> Picture {
    let alt = format!("The picture of {}", person.name());
    match &person.avatar {
        Some(id) => Picture { path: paths::avatar(&avatars::file(id, avatars::Size::Large)), side: None, alt },
        None => {
            Picture { path: paths::avatar(&avatars::painted_file(&person.username)), side: Some(avatars::SIDE), alt }
        }
    }
}

/// The further lines in the head of a public page.
pub(crate) fn lines(origin: &Origin, subject: &Subject, title: &str, path: &str) -> impl IntoView + use<> {
    let (kind, picture) = match subject {
        Subject::Site => {
            ("website", Picture { path: "/icon-512.png".to_owned(), side: Some(512), alt: "Kith".to_owned() })
        }
        Subject::Person(person) => ("profile", picture(person)),
        Subject::Post(author, _) => ("article", picture(author)),
    };
    // The name of the site has its own line; only the first page has it as its title.
    let title = if path == paths::HOME { "Kith" } else { title };
    let side = picture.side.map(|side| {
        view! { {property("og:image:width", side.to_string())}{property("og:image:height", side.to_string())} }
    });
    let more = match subject {
        Subject::Site => None,
        Subject::Person(person) => Some(property("profile:username", person.username.clone())),
        Subject::Post(_, at) => at.format(&Rfc3339).ok().map(|at| property("article:published_time", at)),
    };
    let address = origin.url(path);
    view! {
        <link rel="canonical" href=address.clone() />
        {property("og:url", address)}
        {property("og:site_name", "Kith".to_owned())}
        {property("og:type", kind.to_owned())}
        {property("og:title", title.to_owned())}
        {property("og:image", origin.url(&picture.path))}
        {property("og:image:alt", picture.alt)}
        {side}
        {more}
        <meta name="twitter:card" content="summary" />
    }
}

/// The description of a page in one sentence, as one tag for all readers.
pub(crate) fn description(text: String) -> impl IntoView + use<> {
    meta().attr("property", "og:description").name("description").content(text)
}

fn property(name: &'static str, content: String) -> impl IntoView + use<> {
    // RDFa's attribute, which `view!` does not know.
    meta().attr("property", name).content(content)
}
