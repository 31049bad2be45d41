//! What a page needs to know of the request around it: who looks, in which colours, what to tell them.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::{Extensions, request::Parts};
use server::{
    Error, Result,
    random::Token,
    request::{Facts, Member, Request},
    web::Shown,
};

use crate::{assets::Assets, flash::Flash};

/// Light, dark, or as the visitor's system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// As the form and the cookie have it; anything else is the system's.
    pub fn parse(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// As the form and the cookie have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The document's `data-theme`: none when the system decides.
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
    /// What happened just before, to be said once.
    pub flash: Option<Flash>,
    /// The page's own path, without its query.
    pub path: String,
    /// The token of a mailed link this browser has opened.
    pub link: Option<Token>,
    pub assets: Arc<Assets>,
}

impl Visit {
    /// Who is signed in, if anybody is.
    pub fn me(&self) -> Option<&Member> {
        self.cx.me()
    }

    /// Without asking who is signed in: for pages about what went wrong, which must not depend on the database. They
    /// know it if the request got as far as asking.
    pub fn unasked(extensions: &Extensions, path: &str) -> Result<Self> {
        let missing = || Error::Unavailable("a route outside the layers of the router".into());
        let shown = extensions.get::<Shown>().cloned().unwrap_or_default();
        Ok(Self {
            cx: Request::unasked(extensions)?,
            theme: Theme::parse(shown.theme.as_deref().unwrap_or_default()),
            flash: shown.flash.as_deref().and_then(Flash::parse),
            path: path.to_owned(),
            link: shown.link,
            assets: extensions.get::<Arc<Assets>>().cloned().ok_or_else(missing)?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        Request::from_request_parts(parts, state).await?;
        Self::unasked(&parts.extensions, parts.uri.path())
    }
}

/// What [`Visit::unasked`] needs, kept from a request that is about to be consumed.
pub fn kept(extensions: &Extensions) -> Extensions {
    let mut kept = Extensions::new();
    kept.extend_one::<Arc<Facts>>(extensions);
    kept.extend_one::<tower_sessions::Session>(extensions);
    kept.extend_one::<Shown>(extensions);
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
