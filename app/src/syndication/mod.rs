//! Syndication and SEO: feeds for feed readers, and for search engines a list of the pages and of the paths to skip.
//! The responses are the same for every client and use no session.
//!
//! Every address is made from the configured origin, never from a request.

pub mod atom;
pub mod robots;
pub mod sitemap;
mod xml;

use axum::extract::FromRequestParts;
use http::request::Parts;
use server::{Error, Result, Server, config::Origin, identity::sessions::request::Request};

/// The server, and nothing about the client.
pub struct Public(Server);

impl Public {
    fn origin(&self) -> &Origin {
        &self.0.config().origin
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Public {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self(Request::unasked(&parts.extensions)?.server))
    }
}
