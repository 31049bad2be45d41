//! The data a page needs from its request: the viewer, the colours, the message to show.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::{Extensions, HeaderMap, Method, Uri, header::REFERER, request::Parts};
use server::{
    Error, Result,
    base::{id::UserId, random::Token, redirect_target::safe_next},
    http::PageCookies,
    identity::sessions::request::{Facts, Member, Request},
};

use crate::{
    page::{assets::Assets, flash::Flash},
    paths,
};

/// Light, dark, or as the visitor's system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// Parses the name in the form and the cookie; anything else is the system's.
    pub fn parse(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// Returns the name in the form and the cookie.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Returns the document's `data-theme`: `None` if the system decides.
    pub fn attr(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            chosen => Some(chosen.name()),
        }
    }
}

/// The request, as a page sees it. Every page's handler takes one.
#[derive(Clone)]
pub struct Visit {
    pub cx: Request,
    pub theme: Theme,
    /// The message about the action just before.
    pub flash: Option<Flash>,
    /// The page to return to: this page with its query, or the page with the form that was sent.
    pub here: String,
    /// The token of an e-mail link that this browser has opened.
    pub link: Option<Token>,
    /// The form that waits for elevation: see [`crate::page::resume_form`].
    pub draft: Option<String>,
    pub assets: Arc<Assets>,
    /// The user that the form of this request was rendered for, if its text may be returned. A page for a visitor who
    /// is signed out keeps it, so that the form is still theirs after they sign in again.
    pub form_user: Option<UserId>,
}

impl Visit {
    /// Returns the signed-in user, or `None`.
    pub fn me(&self) -> Option<&Member> {
        self.cx.me()
    }

    /// Creates a visit without a query for the signed-in user: for error pages, which must not depend on the database.
    /// They know the user if the request had queried for it before.
    pub fn unasked(extensions: &Extensions, here: String) -> Result<Self> {
        let missing = || Error::internal("a route outside the layers of the router");
        let shown = extensions.get::<PageCookies>().cloned().unwrap_or_default();
        Ok(Self {
            cx: Request::unasked(extensions)?,
            theme: Theme::parse(shown.theme.as_deref().unwrap_or_default()),
            flash: shown.flash.as_deref().and_then(Flash::parse),
            here,
            link: shown.link,
            draft: shown.draft,
            assets: extensions.get::<Arc<Assets>>().cloned().ok_or_else(missing)?,
            form_user: None,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        Request::from_request_parts(parts, state).await?;
        Self::unasked(&parts.extensions, here(&parts.method, &parts.uri, &parts.headers))
    }
}

/// Returns the page to return to: the page itself for a GET or HEAD, else the page with the form that was sent.
pub(crate) fn here(method: &Method, uri: &Uri, headers: &HeaderMap) -> String {
    if method == Method::GET || method == Method::HEAD {
        return safe_next(uri.path_and_query().map_or(paths::HOME, |p| p.as_str()), paths::HOME).to_owned();
    }
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok()?.parse::<Uri>().ok());
    let path = referer.as_ref().and_then(|uri| uri.path_and_query()).map_or(paths::HOME, |p| p.as_str());
    safe_next(path, paths::HOME).to_owned()
}

/// Returns the extensions that [`Visit::unasked`] needs, kept from a request that is about to be consumed.
pub fn kept(extensions: &Extensions) -> Extensions {
    let mut kept = Extensions::new();
    kept.extend_one::<Arc<Facts>>(extensions);
    kept.extend_one::<tower_sessions::Session>(extensions);
    kept.extend_one::<PageCookies>(extensions);
    kept.extend_one::<Arc<Assets>>(extensions);
    kept
}

trait ExtendOne {
    fn extend_one<T: Clone + Send + Sync + 'static>(&mut self, from: &Extensions);
}

impl ExtendOne for Extensions {
    fn extend_one<T: Clone + Send + Sync + 'static>(&mut self, from: &Extensions) {
        if let Some(value) = from.get::<T>() {
            self.insert(value.clone());
        }
    }
}
