//! The routes, and the one middleware that every request passes: it records the request, and answers in the configured
//! mode.

use std::{io, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{get, post},
};
use http::{HeaderValue, request::Parts};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};
use tower::ServiceExt;
use url::form_urlencoded;

use crate::{
    Endpoint, Seen, api, authorize, control,
    mode::{Hangup, misbehave},
    pictures, token,
    world::{World, random},
};

/// The most bytes of any request.
const BODY: usize = 64 * 1_024;

/// Serves until dropped, connections included.
pub async fn run(listener: TcpListener, world: Arc<World>) {
    let router = router(world);
    let mut connections = JoinSet::new();
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        socket.set_nodelay(true).ok();
        let router = router.clone();
        connections.spawn(async move {
            let service = service_fn(|request| answer(router.clone(), request));
            http1::Builder::new().serve_connection(TokioIo::new(socket), service).await.ok();
        });
        while connections.try_join_next().is_some() {}
    }
}

/// An error here closes the connection: that is how [`Mode::Down`](crate::Mode::Down) looks from outside.
async fn answer(router: Router, request: hyper::Request<hyper::body::Incoming>) -> io::Result<Response> {
    let Ok(response) = router.oneshot(request.map(Body::new)).await;
    match response.extensions().get::<Hangup>() {
        Some(_) => Err(io::ErrorKind::ConnectionAborted.into()),
        None => Ok(response),
    }
}

fn router(world: Arc<World>) -> Router {
    // github.com has its API at the root of a host of its own, an Enterprise server below `/api/v3`.
    let api = Router::new().route("/user", get(api::user)).route("/user/emails", get(api::emails));
    Router::new()
        .route("/login/oauth/authorize", get(authorize::show).post(authorize::submit))
        .route("/login/oauth/access_token", post(token::token))
        .route("/avatars/u/{id}", get(pictures::serve))
        .merge(api.clone())
        .nest("/api/v3", api)
        .layer(from_fn_with_state(Arc::clone(&world), observe))
        .route("/_control", get(control::look).post(control::turn))
        .with_state(world)
}

async fn observe(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY).await.unwrap_or_default();
    let seen = Seen::of(&parts, &body);
    let mode = {
        let mut state = world.lock();
        let endpoint = seen.endpoint;
        state.seen.push(seen);
        let person = endpoint.and_then(|endpoint| about(&state, endpoint, &parts, &body));
        endpoint.and_then(|endpoint| state.mode(endpoint, person))
    };
    let request = Request::from_parts(parts, Body::from(body));
    let mut response = match mode {
        Some(mode) => misbehave(mode, &world, request, next).await,
        None => next.run(request).await,
    };
    // The id that GitHub's support asks for; every response has one.
    if let Ok(id) = HeaderValue::from_str(&random(24)) {
        response.headers_mut().insert("x-github-request-id", id);
    }
    response
}

/// Returns the person that a request is about.
fn about(state: &crate::world::State, endpoint: Endpoint, parts: &Parts, body: &[u8]) -> Option<u64> {
    let field = |name: &str| form_urlencoded::parse(body).find(|(given, _)| given == name).map(|(_, value)| value);
    match endpoint {
        Endpoint::Authorize => field("person")?.parse().ok(),
        Endpoint::Token => state.codes.get(field("code")?.as_ref()).map(|code| code.person),
        Endpoint::User | Endpoint::Emails => {
            api::bearer(&parts.headers).and_then(|token| state.tokens.get(token)).map(|token| token.person)
        }
        Endpoint::Avatar => parts.uri.path().rsplit('/').next()?.parse().ok(),
    }
}
