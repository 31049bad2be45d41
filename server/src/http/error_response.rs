//! Converts errors to responses.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header::RETRY_AFTER};

use crate::base::error::Error;

/// The error behind a response, for the layer that renders error pages.
#[derive(Clone, Debug)]
pub struct Refused(pub Arc<Error>);

impl Error {
    /// Returns the HTTP status of the error.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignInNeeded => StatusCode::UNAUTHORIZED,
            Self::ElevationNeeded | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::OtherUser => StatusCode::CONFLICT,
            Self::Invalid(_) | Self::Full => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the seconds after which a retry makes sense.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Limited(wait) => Some(wait.as_secs().max(1)),
            Self::Busy | Self::Unavailable(_) => Some(2),
            _ => None,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match &self {
            Self::Unavailable(cause) => tracing::error!(cause = %cause, "a dependency failed"),
            Self::Internal(cause) => tracing::error!(cause = %cause, "this is a bug in Kith"),
            _ => {}
        }
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Refused(Arc::new(self)));
        response
    }
}
