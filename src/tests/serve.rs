//! Real sockets: what a slow or silent client can do to the others, and how the process stops.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use super::Site;
use crate::serve;

pub(super) async fn start(site: &Site) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<Instant>) {
    let listener = serve::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = serve::serve(listener, site.router.clone(), site.server.clone(), async {
        let _ = stopped.await;
    });
    (address, stop, tokio::spawn(serving))
}

async fn talk(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut answer)).await;
    answer
}

#[sqlx::test]
async fn h52_half_a_head_is_closed_and_holds_nobody_up(pool: PgPool) {
    let site = Site::new(&pool);
    let (address, _stop, _serving) = start(&site).await;
    let begun = Instant::now();
    let slow: Vec<_> = (0..50).map(|_| tokio::spawn(talk(address, "GET / HTTP/1.1\r\nHost: kith.ex"))).collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let answer = talk(address, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && begun.elapsed() < Duration::from_secs(2));
    for task in slow {
        task.await.unwrap();
    }
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(9) && took < Duration::from_secs(15), "{took:?}");
}

#[sqlx::test]
async fn f11_stopping_finishes_what_is_under_way_and_waits_for_no_half_open_socket(pool: PgPool) {
    let site = Site::new(&pool);
    let (address, stop, serving) = start(&site).await;
    let _half_open = {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTT").await.unwrap();
        stream
    };
    // A form whose body is still on its way when the process is told to stop.
    let mut under_way = TcpStream::connect(address).await.unwrap();
    let head = "POST /theme HTTP/1.1\r\nHost: kith.example\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\ntheme";
    under_way.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(TcpStream::connect(address).await.is_err(), "no new connections");
    assert!(site.server.is_draining());
    under_way.write_all(b"=dark").await.unwrap();
    let mut answer = vec![0; 64];
    under_way.read_exact(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 303"), "{}", String::from_utf8_lossy(&answer));
    serving.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(16), "{:?}", begun.elapsed());
}

#[sqlx::test]
async fn odd_framing_is_refused_and_never_read_as_two_requests(pool: PgPool) {
    let site = Site::new(&pool);
    let (address, _stop, _serving) = start(&site).await;
    let smuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: +5\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 60\r\n\r\n",
        "Transfer-Encoding: identity, chunked, identity\r\n\r\n",
        "X: a\r\n b\r\n\r\n",
    ] {
        let answer =
            talk(address, &format!("POST /sign-in HTTP/1.1\r\nHost: kith.example\r\n{framing}{smuggled}")).await;
        assert!(answer.starts_with("HTTP/1.1 4") && !answer.contains("HTTP/1.1 200"), "{framing}: {answer}");
    }
    let trace = talk(address, "TRACE / HTTP/1.1\r\nHost: kith.example\r\nConnection: close\r\n\r\n").await;
    assert!(trace.starts_with("HTTP/1.1 4"), "{trace}");
}

#[sqlx::test]
async fn f29_clients_that_vanish_cost_no_connection_of_the_pool(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (address, _stop, _serving) = start(&site).await;
    for _ in 0..300 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: kith.example\r\n\r\n").await.unwrap();
        stream.set_zero_linger().unwrap();
    }
    let answer = talk(address, "GET / HTTP/1.1\r\nHost: kith.example\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
