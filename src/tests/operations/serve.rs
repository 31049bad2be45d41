//! Real sockets: the effect of a slow or silent client on others, and stopping the process.

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

use crate::{serve, tests::Site};

pub(crate) async fn start(site: &Site) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<Instant>) {
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

// H52.
#[sqlx::test]
async fn closes_incomplete_request_heads_without_delaying_others(pool: PgPool) {
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

// F11.
#[sqlx::test]
async fn shutdown_finishes_pending_requests_and_ignores_half_open_sockets(pool: PgPool) {
    let site = Site::new(&pool);
    let (address, stop, serving) = start(&site).await;
    let _half_open = {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTT").await.unwrap();
        stream
    };
    // A form whose body is still in transit when the process gets the signal to stop.
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

// F29.
#[sqlx::test]
async fn vanished_clients_leave_the_connection_pool_usable(pool: PgPool) {
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

/// A head with this many bytes of cookies, of address and of something else.
fn head(method: &str, (cookies, address, other): (usize, usize, usize)) -> String {
    let cookie = |n: usize| format!("c{n}={}", "x".repeat(4_000));
    let cookies: Vec<String> = (0..cookies.div_ceil(4_000)).map(cookie).collect();
    format!(
        "{method} /settings/devices?{} HTTP/1.1\r\nHost: kith.example\r\nX-Other: {}\r\nCookie: {}\r\n\r\n",
        "a".repeat(address),
        "o".repeat(other),
        cookies.join("; "),
    )
}

#[sqlx::test]
async fn too_many_cookies_get_431_with_clear_site_data(pool: PgPool) {
    let site = Site::new(&pool);
    let (address, _stop, _serving) = start(&site).await;
    // From just too many (hyper reads up to twice its limit) to all that a browser keeps for a site.
    for cookies in [70_000, 120_000, 720_000] {
        for method in ["GET", "POST", "HEAD"] {
            let answer = talk(address, &head(method, (cookies, 0, 0))).await;
            let (lines, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
            assert!(lines.starts_with("HTTP/1.1 431 "), "{method} {cookies}: {lines}");
            for line in [
                "clear-site-data: \"cookies\"",
                "connection: close",
                "content-type: text/html; charset=utf-8",
                "x-content-type-options: nosniff",
                "content-security-policy: default-src 'none'",
            ] {
                assert!(lines.contains(line), "{line}: {lines}");
            }
            assert_eq!(body.contains("Too many cookies"), method != "HEAD", "{body}");
            assert!(method == "HEAD" || body.ends_with("</html>"), "{body}");
        }
    }
}

#[sqlx::test]
async fn other_oversized_heads_do_not_clear_cookies(pool: PgPool) {
    let site = Site::new(&pool);
    let (address, _stop, _serving) = start(&site).await;
    for (parts, status) in [
        ((4_000, 64_000, 0), "HTTP/1.1 414 "),
        ((12_000, 56_000, 0), "HTTP/1.1 414 "),
        ((0, 0, 70_000), "HTTP/1.1 431 "),
        ((4_000, 0, 70_000), "HTTP/1.1 431 "),
    ] {
        let answer = talk(address, &head("GET", parts)).await;
        assert!(answer.starts_with(status), "{parts:?}: {answer}");
        assert!(!answer.to_ascii_lowercase().contains("clear-site-data"), "{parts:?}: {answer}");
    }
}

#[sqlx::test]
async fn answers_a_large_head_on_a_reused_connection(pool: PgPool) {
    let site = Site::new(&pool);
    let (address, stop, serving) = start(&site).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut seen = vec![0; 16];
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: kith.example\r\n\r\n").await.unwrap();
    stream.read_exact(&mut seen).await.unwrap();
    assert!(seen.starts_with(b"HTTP/1.1 200"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    stream.write_all(head("GET", (70_000, 0, 0)).as_bytes()).await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("HTTP/1.1 431 ") && rest.contains("clear-site-data"), "{rest}");
    drop(stream);
    // A head that just fits is read.
    let fits = talk(address, &head("GET", (28_000, 0, 0)).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).await;
    assert!(fits.starts_with("HTTP/1.1 303 "), "{fits}");
    stop.send(()).unwrap();
    let begun = Instant::now();
    serving.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "nothing is left open");
}
