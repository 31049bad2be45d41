//! The faults of GitHub.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use http_body::{Frame, SizeHint};
use serde::Deserialize;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::time::{Instant, Interval, interval, interval_at};

use crate::{Endpoint, Picture, world::World};

/// A place inside, to which [`Mode::Redirect`] may point.
pub const INSIDE: &str = "http://127.0.0.1:1/inside";

/// A mode of answering. In JSON `"down"`, `{"redirect": "http://127.0.0.1:1/inside"}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// No fault; for the request before the one that fails.
    Usual,
    /// Closes the connection without an answer.
    Down,
    /// Accepts the request and never answers.
    BlackHole,
    /// The right answer, one byte per second.
    SlowDrip,
    /// 500, in JSON.
    ServerError,
    /// 502, and a page in HTML.
    BadGateway,
    /// 200, and a page in HTML.
    Html,
    /// The first half of the right body, as if it were all.
    TruncatedJson,
    /// The first half of the right body; then the connection is closed.
    CutOff,
    /// The right body, and ten megabytes of white space after it.
    Huge,
    /// 302 to this address.
    Redirect(String),
    /// The right body, as `text/plain`.
    WrongContentType,
    /// This body, as JSON.
    Json(serde_json::Value),
    /// 401: the token is invalid, or no longer valid.
    BadCredentials,
    /// 403: this hour's requests are used up.
    PrimaryLimit,
    /// 403 or 429: too much at once; retry after this many seconds.
    SecondaryLimit { status: u16, retry_after: u32 },
    /// 200 with this `error` in it, as the token endpoint refuses.
    Error(String),
    /// The token has no scope beyond this.
    Scope(String),
    /// The right answer, dated this many days away.
    ClockSkew(i64),
    /// Another picture.
    Picture(Picture),
}

/// The condition under which a mode applies.
#[derive(Clone, Debug)]
pub struct Rule {
    pub endpoint: Endpoint,
    pub mode: Mode,
    /// Only for requests about this person.
    pub person: Option<u64>,
    /// For one request only.
    pub once: bool,
}

/// Tells the connection to close.
#[derive(Clone)]
pub struct Hangup;

/// Answers in this mode.
pub async fn misbehave(mode: Mode, world: &World, mut request: Request, next: Next) -> Response {
    match mode {
        Mode::Down => (axum::Extension(Hangup), StatusCode::SERVICE_UNAVAILABLE).into_response(),
        Mode::BlackHole => std::future::pending().await,
        Mode::ServerError => message(StatusCode::INTERNAL_SERVER_ERROR, "Server Error"),
        Mode::BadGateway => html(StatusCode::BAD_GATEWAY),
        Mode::Html => html(StatusCode::OK),
        Mode::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Mode::Json(value) => axum::Json(value).into_response(),
        Mode::BadCredentials => message(StatusCode::UNAUTHORIZED, "Bad credentials"),
        Mode::PrimaryLimit => primary_limit(world.lock().now()),
        Mode::SecondaryLimit { status, retry_after } => secondary_limit(status, retry_after),
        Mode::Usual | Mode::Error(_) | Mode::Scope(_) | Mode::Picture(_) => {
            request.extensions_mut().insert(mode);
            next.run(request).await
        }
        Mode::SlowDrip
        | Mode::TruncatedJson
        | Mode::CutOff
        | Mode::Huge
        | Mode::WrongContentType
        | Mode::ClockSkew(_) => spoil(&mode, world, next.run(request).await).await,
    }
}

/// The right answer, made wrong.
async fn spoil(mode: &Mode, world: &World, right: Response) -> Response {
    let (mut parts, body) = right.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = body.slice(..body.len() / 2);
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = match mode {
        Mode::SlowDrip => Body::new(Drip { left: body, pause: interval(Duration::from_secs(1)) }),
        Mode::TruncatedJson => half.into(),
        Mode::CutOff => Body::new(Cut { total: body.len() as u64, half: Some(half), pause: later(50) }),
        Mode::Huge => [body.as_ref(), &vec![b' '; 10_000_000]].concat().into(),
        Mode::ClockSkew(days) => {
            if let Some(date) = http_date(world.lock().now() + time::Duration::days(*days)) {
                parts.headers.insert(header::DATE, date);
            }
            body.into()
        }
        _ => {
            parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            body.into()
        }
    };
    Response::from_parts(parts, body)
}

/// Returns an API error, in GitHub's format.
pub fn message(status: StatusCode, message: &str) -> Response {
    let number = status.as_u16().to_string();
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": number });
    (status, axum::Json(body)).into_response()
}

fn html(status: StatusCode) -> Response {
    (status, axum::response::Html("<!doctype html><title>Unicorn!</title><p>No server is here to take this.</p>"))
        .into_response()
}

fn primary_limit(now: OffsetDateTime) -> Response {
    let reset = (now.unix_timestamp() + 1_800).to_string();
    let headers = [
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-used", "5000"),
        ("x-ratelimit-resource", "core"),
        ("x-ratelimit-reset", &reset),
    ];
    (headers, message(StatusCode::FORBIDDEN, "API rate limit exceeded for this user.")).into_response()
}

fn secondary_limit(status: u16, retry_after: u32) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
    let text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    ([(header::RETRY_AFTER, retry_after.to_string())], message(status, text)).into_response()
}

/// Formats a date as RFC 9110 5.6.7 does.
fn http_date(at: OffsetDateTime) -> Option<HeaderValue> {
    at.to_offset(time::UtcOffset::UTC).format(&Rfc2822).ok()?.replace("+0000", "GMT").parse().ok()
}

/// A body that comes a byte at a time.
struct Drip {
    left: Bytes,
    pause: Interval,
}

impl http_body::Body for Drip {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.pause.poll_tick(cx));
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(1)))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

/// A body shorter than its announced length.
struct Cut {
    total: u64,
    half: Option<Bytes>,
    /// Lets the data be sent before the connection ends.
    pause: Interval,
}

/// Ticks first after this many milliseconds.
fn later(milliseconds: u64) -> Interval {
    let after = Duration::from_millis(milliseconds);
    interval_at(Instant::now() + after, after)
}

impl http_body::Body for Cut {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        ready!(self.pause.poll_tick(cx));
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.total)
    }
}
