//! A page: what it is called, in which shell it stands, how it was answered. `respond` makes the response.

use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header::RETRY_AFTER};
use leptos::prelude::*;
use server::profiles::Author;
use time::OffsetDateTime;

use super::{head::head, layout, render, share::Subject};
use crate::{form_user, visit::Visit};

/// What stands around the view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shell {
    /// Navigation, the page, what is beside it.
    #[default]
    Site,
    /// One calm card with the mark: one thing a page.
    Card,
}

/// Which place of the navigation a page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    None,
    Home,
    Following,
    Search,
    Notifications,
    Write,
    /// One's own profile.
    Profile,
    Settings,
}

/// What the head of the document says.
pub(super) struct Meta {
    pub title: String,
    pub description: String,
    pub canonical: Option<String>,
    pub subject: Subject,
    pub feed: Option<String>,
    pub islands: bool,
    /// A script that only this page has, by its name in `app/js`.
    pub module: Option<&'static str>,
}

/// A page to be answered.
pub struct Page {
    meta: Meta,
    status: StatusCode,
    retry_after: Option<u64>,
    shell: Shell,
    parts: layout::Parts,
}

impl Page {
    /// A page called `title`: in the tab, and as the `h1` that the site's shell shows. A view in the card shell brings
    /// its own `h1`; so does one that says [`Page::own_heading`].
    pub fn new(title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            meta: Meta {
                title: title.clone(),
                description: "Kith: friends and neighbours, and what they are up to.".to_owned(),
                canonical: None,
                subject: Subject::Site,
                feed: None,
                islands: false,
                module: None,
            },
            status: StatusCode::OK,
            retry_after: None,
            shell: Shell::Site,
            parts: layout::Parts { heading: title, ..layout::Parts::default() },
        }
    }

    /// Seconds after which a try makes sense again, as a header.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The status of the answer; 200 unless said.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// In which shell it stands; the site's unless said.
    pub fn shell(mut self, shell: Shell) -> Self {
        self.shell = shell;
        self
    }

    /// Which place of the navigation it is.
    pub fn tab(mut self, tab: Tab) -> Self {
        self.parts.tab = tab;
        self
    }

    /// One or two sentences for search results and link previews.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.meta.description = text.into();
        self
    }

    /// The one path this page should be known by: search engines keep it, and links to it show what it is about. A page
    /// that says none (what is private, what was searched for, the older pages of a list) is kept by nobody.
    pub fn canonical(mut self, path: impl Into<String>) -> Self {
        self.meta.canonical = Some(path.into());
        self
    }

    /// It is somebody's own page: links to it show their face.
    pub fn about(mut self, person: &Author) -> Self {
        self.meta.subject = Subject::Person(person.clone());
        self
    }

    /// It is something `author` wrote then: links to it show their face.
    pub fn written(mut self, author: &Author, at: OffsetDateTime) -> Self {
        self.meta.subject = Subject::Post(author.clone(), at);
        self
    }

    /// The path of the Atom feed of what it lists.
    pub fn feed(mut self, path: impl Into<String>) -> Self {
        self.meta.feed = Some(path.into());
        self
    }

    /// The view has its own `h1`: on a phone the bar shows the name for the eye only, elsewhere not at all.
    pub fn own_heading(mut self) -> Self {
        self.parts.own_heading = true;
        self
    }

    /// What the page calls itself, when that is less than the tab says.
    pub fn heading(mut self, heading: impl Into<String>) -> Self {
        self.parts.heading = heading.into();
        self
    }

    /// A way back at the top, and what it leads to in words.
    pub fn back(mut self, href: impl Into<String>, label: &'static str) -> Self {
        self.parts.back = Some((href.into(), label));
        self
    }

    /// What stands beside the page on a wide screen, instead of what does by itself.
    pub fn aside(mut self, view: impl IntoView + 'static) -> Self {
        self.parts.aside = Some(view.into_any());
        self
    }

    /// What is lively stands beside it, as beside the feeds.
    pub fn beside_lively(mut self) -> Self {
        self.parts.lively = true;
        self
    }

    /// It has islands: their loader comes along.
    pub fn islands(mut self) -> Self {
        self.meta.islands = true;
        self
    }

    /// It has a script of its own, a file of `app/js`.
    pub fn module(mut self, name: &'static str) -> Self {
        self.meta.module = Some(name);
        self
    }

    /// The whole document around a view that has no islands, as a response.
    pub fn respond(self, visit: &Visit, view: impl IntoView + 'static) -> Response {
        self.respond_with(visit, || view)
    }

    /// As [`Page::respond`], for a view with islands: those must be made inside the owner of the rendering.
    pub fn respond_with<V: IntoView + 'static>(self, visit: &Visit, view: impl FnOnce() -> V) -> Response {
        let Self { meta, status, retry_after, shell, parts } = self;
        let html = match shell {
            Shell::Site => render(|| document(visit, &meta, layout::site(visit, parts, view()))),
            Shell::Card => render(|| document(visit, &meta, layout::card(visit, view()))),
        };
        let html = form_user::bind(html, visit.cx.viewer().or(visit.form_user));
        let mut response = (status, Html(html)).into_response();
        // What the browser may fetch ahead, so that following a link feels instant.
        if let Ok(rules) = format!("\"{}\"", visit.assets.href("speculation.json")).parse() {
            response.headers_mut().insert("speculation-rules", rules);
        }
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A piece of a page, for a script that puts it where it belongs: no document around it.
pub fn fragment<V: IntoView>(view: impl FnOnce() -> V) -> Response {
    Html(render(view)).into_response()
}

fn document<V: IntoView>(visit: &Visit, meta: &Meta, body: V) -> impl IntoView + use<V> {
    // `data-me` tells the scripts whose page it is: Back must not show it again from memory, and a draft is theirs alone.
    let me = visit.me().map(|me| me.person.username.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=visit.theme.attr() data-me=me>
            {head(visit, meta)}
            {body}
        </html>
    }
}
