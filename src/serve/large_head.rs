//! Requests whose head is larger than the server reads.
//!
//! hyper answers them by itself, with an empty 431, before any handler runs: in a browser with too many cookies every
//! address would remain an empty page. This module holds that answer back and sends an error page in its place. If the
//! cookies are too large, the response makes the browser delete them.

use std::{
    io::{self, IoSlice, Write},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{Method, Request, Response, Uri, header};
use server::{
    base::clock,
    config::Origin,
    http::{LargeHead, Peer},
};
use time::macros::format_description;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tower::ServiceExt;

/// The most bytes of a head.
pub const HEAD_BYTES: usize = 32 * 1_024;
/// The longest time for the response and the rest of the request together.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes that are read after the response, and discarded: 180 cookies of 4 KB, the most that browsers store
/// for a site. With unread bytes the connection would be reset, and the browser would show that instead of the
/// response.
const MAX_DISCARDED: u64 = 1_024 * 1_024;
/// The most bytes of an error page.
const MAX_PAGE: usize = 64 * 1_024;
/// The start of hyper's own answer. No handler answers with this status.
const HYPERS_ANSWER: &[u8] = b"HTTP/1.1 431 ";

/// A connection's stream that holds back hyper's own answer to a head that is too large, and stays open after it.
pub struct Guarded<S> {
    stream: S,
    too_large: bool,
}

impl<S> Guarded<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, too_large: false }
    }

    fn holds_back(&mut self, bytes: &[u8]) -> bool {
        self.too_large |= bytes.starts_with(HYPERS_ANSWER);
        self.too_large
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guarded<S> {
    /// Answers a request with a head that is too large; `head` is its beginning. Does nothing if the connection ended
    /// in any other way.
    pub async fn finish(self, head: &[u8], router: Router, (peer, origin): (Peer, &Origin)) {
        if !self.too_large {
            return;
        }
        let mut stream = self.stream;
        let work = async {
            let request = request(head, origin, peer);
            let with_body = request.method() != Method::HEAD;
            let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            stream.write_all(&serialize(response, with_body).await?).await?;
            stream.shutdown().await?;
            tokio::io::copy(&mut stream.take(MAX_DISCARDED), &mut tokio::io::sink()).await
        };
        match tokio::time::timeout(ANSWER_TIMEOUT, work).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a request with a large head was not answered"),
            Err(_) => tracing::debug!("a request with a large head took too long"),
        }
    }
}

/// Returns the request that the router answers with the error page: the method and path of the one that is too large,
/// and nothing else of it.
fn request(head: &[u8], origin: &Origin, peer: Peer) -> Request<Body> {
    let line = head.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let method = if words.next() == Some(b"HEAD") { Method::HEAD } else { Method::GET };
    let target = words.next().and_then(|target| Uri::try_from(target).ok());
    let path = target.as_ref().map_or("/", Uri::path).to_owned();
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap_or_default();
    if let Ok(host) = origin.authority().parse() {
        request.headers_mut().insert(header::HOST, host);
    }
    request.extensions_mut().insert(peer);
    request.extensions_mut().insert(cause(head));
    request
}

/// Returns the cause of a head that is too large. A page elsewhere can send a browser here with a long address, but not
/// with long cookies: only those are a reason to delete the cookies.
fn cause(head: &[u8]) -> LargeHead {
    let mut lines = head.split(|byte| *byte == b'\n');
    let address = lines.next().map_or(0, <[u8]>::len);
    let is_cookie = |line: &&[u8]| line.get(..7).is_some_and(|name| name.eq_ignore_ascii_case(b"cookie:"));
    let cookies: usize = lines.filter(is_cookie).map(<[u8]>::len).sum();
    if cookies > HEAD_BYTES / 2 {
        LargeHead::Cookies
    } else if address > HEAD_BYTES / 2 {
        LargeHead::Address
    } else {
        LargeHead::Other
    }
}

async fn serialize(response: Response<Body>, with_body: bool) -> io::Result<Vec<u8>> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_PAGE).await.map_err(io::Error::other)?;
    let status = parts.status;
    let mut out = Vec::new();
    write!(out, "HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or_default())?;
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != header::CONTENT_LENGTH) {
        write!(out, "{name}: ")?;
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    let format =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let date = clock::now().format(format).map_err(io::Error::other)?;
    write!(out, "date: {date}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len())?;
    if with_body {
        out.extend_from_slice(&body);
    }
    Ok(out)
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.holds_back(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = parts.iter().find(|part| !part.is_empty());
        if first.is_some_and(|first| self.holds_back(first)) {
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.too_large {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
