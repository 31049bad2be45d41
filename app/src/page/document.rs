//! A page: its title, its shell, its status. `respond` makes the response.

use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header::RETRY_AFTER};
use leptos::prelude::*;
use server::identity::users::UserSummary;
use time::OffsetDateTime;

use super::{
    form_user,
    head::{Meta, head},
    layout,
    nav::Tab,
    visit::Visit,
};
use crate::ui::{render, share::Subject};

/// The frame around the view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shell {
    /// Navigation, the page, and the column beside it.
    #[default]
    Site,
    /// One calm card with the mark: one task for each page.
    Card,
}

/// A page of a response.
pub struct Page {
    meta: Meta,
    status: StatusCode,
    retry_after: Option<u64>,
    shell: Shell,
    parts: layout::Parts,
}

impl Page {
    /// Creates a page called `title`: in the tab, and as the `h1` that the site's shell shows. A view in the card shell
    /// brings its own `h1`; so does a page with [`Page::own_heading`].
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

    /// Sets the seconds after which a retry makes sense, as a header.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Sets the status of the response; the default is 200.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets the shell; the default is the site's.
    pub fn shell(mut self, shell: Shell) -> Self {
        self.shell = shell;
        self
    }

    /// Sets the place in the navigation.
    pub fn tab(mut self, tab: Tab) -> Self {
        self.parts.tab = tab;
        self
    }

    /// Sets one or two sentences for search results and link previews.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.meta.description = text.into();
        self
    }

    /// Sets the one path this page should be known by: search engines keep it, and links to it show its subject. Search
    /// engines do not keep a page without one (private pages, search results, the older pages of a list).
    pub fn canonical(mut self, path: impl Into<String>) -> Self {
        self.meta.canonical = Some(path.into());
        self
    }

    /// Makes it the page of a user: links to it show their avatar.
    pub fn about(mut self, person: &UserSummary) -> Self {
        self.meta.subject = Subject::Person(person.clone());
        self
    }

    /// Makes it the page of a text that `author` wrote at this time: links to it show their avatar.
    pub fn written(mut self, author: &UserSummary, at: OffsetDateTime) -> Self {
        self.meta.subject = Subject::Post(author.clone(), at);
        self
    }

    /// Sets the path of the Atom feed of its list.
    pub fn feed(mut self, path: impl Into<String>) -> Self {
        self.meta.feed = Some(path.into());
        self
    }

    /// Says that the view has its own `h1`: on a phone the bar shows the name for sighted users only, on wide screens
    /// not at all.
    pub fn own_heading(mut self) -> Self {
        self.parts.own_heading = true;
        self
    }

    /// Sets the heading, if it is shorter than the title of the tab.
    pub fn heading(mut self, heading: impl Into<String>) -> Self {
        self.parts.heading = heading.into();
        self
    }

    /// Adds a link back at the top, with a label for its target.
    pub fn back(mut self, href: impl Into<String>, label: &'static str) -> Self {
        self.parts.back = Some((href.into(), label));
        self
    }

    /// Shows the trending tags beside it, as beside the feeds.
    pub fn with_trending(mut self) -> Self {
        self.parts.trending = true;
        self
    }

    /// Loads the islands of the page.
    pub fn islands(mut self) -> Self {
        self.meta.islands = true;
        self
    }

    /// Adds a script for this page only, a file of `app/js`.
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
        // The links that the browser may prefetch, so that following one feels instant.
        if let Ok(rules) = format!("\"{}\"", visit.assets.href("speculation.json")).parse() {
            response.headers_mut().insert("speculation-rules", rules);
        }
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A page with one card.
pub fn card(visit: &Visit, title: &'static str, status: StatusCode, view: impl IntoView + 'static) -> Response {
    Page::new(title).shell(Shell::Card).status(status).respond(visit, view)
}

/// A piece of a page, for a script that inserts it: no document around it.
pub fn fragment<V: IntoView>(view: impl FnOnce() -> V) -> Response {
    Html(render(view)).into_response()
}

fn document<V: IntoView>(visit: &Visit, meta: &Meta, body: V) -> impl IntoView + use<V> {
    // `data-me` names the user of the page for scripts: Back must not show it again from memory, and a draft belongs to
    // one user.
    let me = visit.me().map(|me| me.person.username.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=visit.theme.attr() data-me=me>
            {head(visit, meta)}
            {body}
        </html>
    }
}
