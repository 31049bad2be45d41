//! The log: one line for each request, without secrets. Query strings are never written: they may hold a token.

use std::{any::Any, io::IsTerminal, time::Instant};

use anyhow::{Result, anyhow};
use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode};
use server::{
    base::random,
    config::{Config, LogFormat},
};
use tracing::Instrument;
use tracing_subscriber::{EnvFilter, prelude::*};

/// Reads `KITH_LOG`, such as `info,sqlx=warn`.
///
/// # Errors
/// Returns an error if it is invalid.
pub fn filter(config: &Config) -> Result<EnvFilter> {
    let filter = EnvFilter::builder().parse(&config.log);
    filter.map_err(|_| anyhow!("KITH_LOG: must be a filter such as info,sqlx=warn."))
}

/// Starts the log.
///
/// # Errors
/// As [`filter`].
pub fn start(config: &Config) -> Result<()> {
    let filter = filter(config)?;
    let pretty = std::io::stderr().is_terminal();
    let format = config.log_format.unwrap_or(if pretty { LogFormat::Pretty } else { LogFormat::Json });
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => registry.with(layer.json().flatten_event(true).with_current_span(true)).init(),
        LogFormat::Pretty => registry.with(layer.compact().with_target(false)).init(),
    }
    Ok(())
}

/// Writes a request's line when the response is ready, and adds the request's id to every line written before that.
pub async fn one_line(request: Request<Body>, next: Next) -> Response {
    let id = random::request_id();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id);
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let _inside = span.enter();
    let status = response.status();
    let milliseconds = begun.elapsed().as_secs_f64() * 1_000.0;
    if status.is_server_error() {
        tracing::warn!(%method, path, status = status.as_u16(), milliseconds, "answered");
    } else {
        tracing::info!(%method, path, status = status.as_u16(), milliseconds, "answered");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// The response after a panic in a handler: the cause is in the log, other requests are not affected.
#[expect(clippy::needless_pass_by_value, reason = "the signature of the layer")]
pub fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text.unwrap_or("unknown"), "a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
