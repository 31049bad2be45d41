//! Being found and shared: feeds for feed readers, and for search engines a list of what there is and of what is nobody's
//! to look at. What is answered here is the same for everybody; nobody's session is asked about.
//!
//! Every address in it is made from the configured origin, never from a request.

pub mod atom;
pub mod robots;
pub mod sitemap;
mod xml;

use axum::extract::FromRequestParts;
use http::request::Parts;
use server::{Error, Result, Server, config::Origin, request::Request};

/// The server, and nothing of who asks.
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
