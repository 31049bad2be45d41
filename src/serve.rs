//! Accepts connections, with a limit on everything that a client can prolong, and stops without dropping clients that
//! are being served.

mod large_head;

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use server::{Server, http::Peer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use large_head::{Guarded, HEAD_BYTES};

/// The longest time from the first byte of a head to its last; also the longest idle time of a connection between
/// requests.
const HEAD: Duration = Duration::from_secs(10);
/// The longest time that the client may leave a response unread.
const UNREAD: Duration = Duration::from_secs(30);
/// The time that the process has to finish after the signal to stop: requests in progress come first.
const DRAIN: Duration = Duration::from_secs(15);
/// The part of that time, at least, that remains for the mails that only this process can send.
const LAST_MAILS: Duration = Duration::from_secs(3);
/// The pause after a failed accept (no more file descriptors), so that some can be closed.
const BREATHER: Duration = Duration::from_millis(100);

/// Opens the socket.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Serves until `stop` is done, then finishes the requests in progress, within [`DRAIN`]. Returns the time at which the
/// process must end.
pub async fn serve(listener: TcpListener, router: Router, server: Server, stop: impl Future<Output = ()>) -> Instant {
    let places = Arc::new(Semaphore::new(server.config().connections));
    let (drain, _) = watch::channel(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let connection = serve_one((stream, Peer(peer)), router.clone(), server.clone(), drain.subscribe());
        tokio::spawn(async move {
            let _place = place;
            connection.await;
        });
    }
    let end = Instant::now() + DRAIN;
    server.drain();
    drop(listener);
    tracing::info!("stopping: no new connections");
    drain.send(()).ok();
    // Closed as soon as no connection holds a receiver.
    if tokio::time::timeout_at((end - LAST_MAILS).into(), drain.closed()).await.is_err() {
        tracing::warn!("some connections did not finish in time and were closed");
    }
    end
}

type Stream = Pin<Box<TimeoutStream<TcpStream>>>;

/// Serves one connection to its end, or after `drain` until its current request is answered.
async fn serve_one((stream, peer): (Stream, Peer), router: Router, server: Server, mut drain: watch::Receiver<()>) {
    let service = router.clone().map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        request
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Guarded::new(stream)), TowerToHyperService::new(service));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = drain.changed() => {
            Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    // A client may disconnect in the middle: this is no error.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
        let parts = connection.into_parts();
        parts.io.into_inner().finish(&parts.read_buf, router, (peer, &server.config().origin)).await;
    }
}

/// Returns the next connection, once there is a place for it. Waits after a failed accept.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (Stream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed; without a permit there would only be no limit.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small responses must not wait for the client to acknowledge the previous one.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "could not set TCP_NODELAY");
                }
                let mut stream = TimeoutStream::new(stream);
                stream.set_write_timeout(Some(UNREAD));
                return (Box::pin(stream), peer, place);
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(BREATHER).await;
            }
        }
    }
}
