//! Reads the rest of a file that was refused before it was read.
//!
//! A browser or proxy that is still sending when the connection closes reports an error of its own (nginx: 502) instead
//! of showing the response. So the response waits until everything was sent, within limits.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures_util::{Stream, StreamExt, stream};
use http::header::{CONTENT_LENGTH, EXPECT};
use tokio::time::timeout;

use crate::identity::sessions::request;

/// The most bytes of a body, including those read before it was refused. Nothing of them is stored.
const MAX_BYTES: u64 = 64 * 1_024 * 1_024;
/// The longest time that a response waits for the rest.
const MAX_TIME: Duration = Duration::from_secs(30);

/// A body that the handler borrows.
struct BorrowedBody {
    stream: BodyDataStream,
    bytes: u64,
    ended: bool,
}

type Shared = Arc<Mutex<BorrowedBody>>;

/// Responds only when the whole body was read, whatever the response is. Inner layers and handlers may stop reading at
/// any time. When too many are already being read to their end (see [`super::bodies`]), it responds at once.
pub async fn drain(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let too_long = length.is_some_and(|length| length > MAX_BYTES);
    // Such a client sends nothing before we begin to read, and reads a response first.
    let expects_continue = headers.contains_key(EXPECT);
    let cx = request::Request::unasked(request.extensions()).ok();
    let (parts, body) = request.into_parts();
    let shared = Arc::new(Mutex::new(BorrowedBody { stream: body.into_data_stream(), bytes: 0, ended: false }));
    let inside = Arc::clone(&shared);
    let body = Body::from_stream(stream::poll_fn(move |cx| poll(&inside, cx)));
    let response = next.run(Request::from_parts(parts, body)).await;
    let unread = shared.lock().unwrap_or_else(PoisonError::into_inner).bytes == 0;
    let bodies = cx.as_ref().map(|cx| (cx.server.bodies(), cx.me().is_some()));
    let permit = bodies.and_then(|(bodies, is_member)| bodies.drain_place(is_member));
    if permit.is_some() && !(too_long || expects_continue && unread) {
        timeout(MAX_TIME, read_rest(&shared)).await.ok();
    }
    response
}

async fn read_rest(shared: &Shared) {
    let mut rest = stream::poll_fn(|cx| poll(shared, cx));
    while let Some(Ok(_)) = rest.next().await {
        if shared.lock().unwrap_or_else(PoisonError::into_inner).bytes > MAX_BYTES {
            return;
        }
    }
}

fn poll(shared: &Shared, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, axum::Error>>> {
    let mut borrowed = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if borrowed.ended {
        return Poll::Ready(None);
    }
    let polled = Pin::new(&mut borrowed.stream).poll_next(cx);
    match &polled {
        Poll::Ready(Some(Ok(bytes))) => borrowed.bytes += bytes.len() as u64,
        Poll::Ready(_) => borrowed.ended = true,
        Poll::Pending => {}
    }
    polled
}
