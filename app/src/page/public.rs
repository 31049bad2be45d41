//! The data that a response for every client needs: the server, and nothing about the client.

use axum::extract::FromRequestParts;
use http::request::Parts;
use server::{Error, Result, Server, config::Origin, identity::sessions::request::Request};

/// The server, and nothing about the client.
pub struct Public(pub Server);

impl Public {
    pub fn origin(&self) -> &Origin {
        &self.0.config().origin
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Public {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self(Request::unasked(&parts.extensions)?.server))
    }
}
