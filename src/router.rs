//! All layers around all routes, on one screen.

use std::{sync::Arc, time::Duration};

use app::{
    page::{error_responses, flash},
    routes::{self, Door},
};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header::ACCEPT};
use server::{
    Server,
    http::{
        SMALL, avatar, cookies::Cookie, csp_report, drain, facts, final_slash, healthz, host, large_bodies, large_head,
        private_answers, readyz, same_origin, security_headers,
    },
    identity::sessions::{HashedStore, SessionTable},
};
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    limit::RequestBodyLimitLayer,
    timeout::{RequestBodyTimeoutLayer, TimeoutLayer},
};
use tower_sessions::{SessionManagerLayer, cookie::SameSite};

use crate::{assets::Files, telemetry};

/// The longest time for a response. Its own waits give up sooner (3 s for a connection, 5 s for a statement).
const REQUEST: Duration = Duration::from_secs(10);
/// The longest pause within a body that is being sent.
const BODY_PAUSE: Duration = Duration::from_secs(15);
/// The most bytes of any body except a file's. Handlers of most forms set a lower limit.
const BODY: usize = routes::WORDS;
/// The longest time for the upload of a file, over a slow line.
const UPLOAD: Duration = Duration::from_secs(60);
/// The compression level of pages: the lowest that keeps the demo's feed within its budget of 8 KB. It takes a tenth of a
/// millisecond more than the level below.
const PAGES: CompressionLevel = CompressionLevel::Precise(4);
/// The most bytes of a report. Reports come from anywhere.
const REPORT: usize = SMALL;

/// Returns the whole site, and the list of its routes.
pub fn router(server: &Server, files: &Arc<Files>) -> (Router, Vec<Door>) {
    let doors = routes::doors();
    let state = server.clone();
    let compressed_already = NotForContentType::IMAGES
        .and(NotForContentType::const_new("font/"))
        .and(NotForContentType::const_new("application/zip"));
    let compression = CompressionLayer::new().quality(PAGES).compress_when(SizeAbove::new(256).and(compressed_already));
    let uploads = uploads(doors.uploads, &state);
    let router = doors
        .router
        .route("/api/{*function}", post(function).layer(from_fn(large_bodies)))
        .route("/csp-report", post(csp_report).layer(DefaultBodyLimit::max(REPORT)))
        // The innermost first: each layer wraps all above it.
        .layer(RequestBodyLimitLayer::new(BODY))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(from_fn_with_state(state.clone(), same_origin))
        .merge(files.routes())
        .route("/avatars/{file}", get(avatar).with_state(state.clone()))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz).with_state(state.clone()))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(from_fn(final_slash))
        .layer(from_fn_with_state(state.clone(), host))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST))
        .merge(uploads)
        .layer(CatchPanicLayer::custom(telemetry::panicked))
        .layer(from_fn_with_state(state.clone(), flash::once))
        .layer(from_fn(large_head))
        .layer(from_fn(error_responses::pages))
        .layer(sessions(server))
        .layer(Extension(Arc::clone(&files.names)))
        .layer(from_fn_with_state(state.clone(), facts))
        .layer(from_fn_with_state(state.clone(), private_answers))
        .layer(compression)
        .layer(from_fn_with_state(state, security_headers))
        .layer(from_fn(telemetry::one_line))
        .layer(CatchPanicLayer::custom(telemetry::panicked));
    (router, doors.list)
}

/// The layers around the routes that receive files.
fn uploads(routes: Router, state: &Server) -> Router {
    routes
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(from_fn_with_state(state.clone(), same_origin))
        .layer(from_fn_with_state(state.clone(), host))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, UPLOAD))
        .layer(CatchPanicLayer::custom(telemetry::panicked))
        // Around all layers that may refuse a file.
        .layer(from_fn(drain))
}

/// The session layer. It never sees a cookie (see [`facts`]): it opens sessions and sets theirs.
fn sessions(server: &Server) -> SessionManagerLayer<HashedStore<SessionTable>> {
    let origin = &server.config().origin;
    SessionManagerLayer::new(HashedStore::new(SessionTable::new(server.db().clone())))
        .with_name(Cookie::Session.name(origin))
        .with_secure(origin.is_https())
        // Not Strict: a user who returns from another site must arrive signed in.
        .with_same_site(SameSite::Lax)
        .with_http_only(true)
        .with_path("/")
}

/// The islands' functions. Only scripts call them: without `Accept: text/html` none of them answers with a redirect to
/// the page that the request claims to come from.
async fn function(request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    head.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // The functions cannot tell a body that is too long from one that is broken.
    let whole = Bytes::from_request(Request::from_parts(head.clone(), body), &()).await;
    match whole {
        Ok(body) => leptos_axum::handle_server_fns(Request::from_parts(head, body.into())).await.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}
