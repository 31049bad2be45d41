//! Health checks: reports if this instance runs, and if it should get visitors.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use crate::{
    Server,
    db::{self, Readiness},
};

/// `GET /healthz`: the process answers.
pub async fn healthz() -> Response {
    plain(StatusCode::OK, "ok")
}

/// `GET /readyz`: this instance is not about to stop, and the database answers, has the schema it needs and takes
/// writes.
pub async fn readyz(State(server): State<Server>) -> Response {
    if server.is_draining() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    match db::readiness(server.db()).await {
        Ok(Readiness::Ready) => plain(StatusCode::OK, "ok"),
        Ok(Readiness::Outdated) => plain(StatusCode::SERVICE_UNAVAILABLE, "schema"),
        Ok(Readiness::ReadOnly) => plain(StatusCode::SERVICE_UNAVAILABLE, "read-only"),
        Err(error) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            plain(StatusCode::SERVICE_UNAVAILABLE, "database")
        }
    }
}

fn plain(status: StatusCode, word: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, word).into_response()
}
