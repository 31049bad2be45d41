//! Uploading an avatar, with nothing but a form.

use axum::body::Body;
use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::Picture;

use crate::tests::{Browser, Site};

const PAGE: &str = "/settings/profile";
const SEND: &str = "/settings/profile/picture";
const REMOVE: &str = "/settings/profile/picture/remove";

#[sqlx::test]
async fn an_avatar_can_be_uploaded_replaced_and_removed(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let page = alan.get(PAGE).await.body;
    assert!(page.contains("enctype=\"multipart/form-data\"") && page.contains("type=\"file\""));
    assert!(page.contains("/avatars/alan-1.svg") && !page.contains(REMOVE), "there is nothing to take away");
    let sent = alan.send_file(SEND, "picture", &Picture::Usual.bytes(1)).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, PAGE));
    let id = site.picture_of("alan").await.unwrap();
    let page = alan.get(PAGE).await.body;
    assert!(page.contains("Picture changed.") && page.contains(&format!("/avatars/{id}.400")));
    assert!(page.contains(REMOVE));
    alan.send_file(SEND, "picture", &Picture::Usual.bytes(2)).await;
    assert_ne!(site.picture_of("alan").await.unwrap(), id);
    assert_eq!(site.pictures().await, 1, "one picture a person");
    assert_eq!(alan.post(REMOVE, &[]).await.location(), PAGE);
    assert!(alan.get(PAGE).await.body.contains("Picture removed."));
    assert_eq!((site.picture_of("alan").await, site.pictures().await), (None, 0));
}

// H40, H42.
#[sqlx::test]
async fn a_refused_file_changes_nothing_and_shows_a_field_error(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.send_file(SEND, "picture", &Picture::Usual.bytes(1)).await;
    let before = site.picture_of("alan").await;
    let kinds = "Choose a PNG, JPEG or WebP picture.";
    let large = [Picture::Usual.bytes(1), vec![0; 9_000_000]].concat();
    for (file, why) in [
        (Picture::Svg.bytes(1), kinds),
        (Picture::AnimatedGif.bytes(1), kinds),
        (Vec::new(), kinds),
        (b"<!doctype html><script>alert(1)</script>".to_vec(), kinds),
        (Picture::HugeDimensions.bytes(1), "That picture is too large: at most 4,096 pixels wide and high."),
        (Picture::Truncated.bytes(1), "Part of that picture is missing. Send it again, or choose another one."),
        (large, "That picture is larger than 8 MB. Choose a smaller file."),
    ] {
        let answer = alan.send_file(SEND, "picture", &file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        assert!(answer.body.contains(why) && answer.body.contains("id=\"picture-error\""), "{why}: {}", answer.body);
        assert_eq!((site.picture_of("alan").await, site.pictures().await), (before.clone(), 1), "{why}");
    }
    let too_large = "That picture is larger than 8 MB. Choose a smaller file.";
    for bytes in [8_388_609, 31_000_000, 40_000_000, 70_000_000] {
        let answer = alan.send_file(SEND, "picture", &vec![0; bytes]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bytes}");
        assert!(answer.body.contains(too_large) && answer.body.contains("id=\"picture-error\""), "{bytes}");
    }
    let largest = [Picture::Usual.bytes(3), vec![0; 8_388_608 - Picture::Usual.bytes(3).len()]].concat();
    assert_eq!(alan.send_file(SEND, "picture", &largest).await.status, StatusCode::SEE_OTHER, "just enough");
    let endless = Body::from_stream(crate::tests::security::hardening::endless());
    assert!(alan.send_parts(SEND, endless).await.body.contains(too_large));
}

#[sqlx::test]
async fn refuses_malformed_upload_forms(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let part = |name: &str| {
        let head = format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"../../x\"\r\n\r\n");
        [head.as_bytes(), &Picture::Usual.bytes(1), b"\r\n"].concat()
    };
    let (picture, end) = (part("picture"), b"--x--\r\n".to_vec());
    for (what, parts) in [
        ("nothing", end.clone()),
        ("another name", [part("avatar"), end.clone()].concat()),
        ("twice", [picture.clone(), picture.clone(), end.clone()].concat()),
        ("and something more", [picture.clone(), part("user_id"), end.clone()].concat()),
        ("without an end", picture.clone()),
        ("half", picture[..picture.len() / 2].to_vec()),
        ("no parts at all", b"picture=x".to_vec()),
    ] {
        let answer = alan.send_parts(SEND, Body::from(parts)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        assert_eq!(site.pictures().await, 0, "{what}");
    }
    // Its name is never used as a path.
    let answer = alan.send_parts(SEND, Body::from([picture, end].concat())).await;
    assert_eq!((answer.status, site.pictures().await), (StatusCode::SEE_OTHER, 1));
}

#[sqlx::test]
async fn uploads_are_limited_per_user_and_the_limit_is_reported(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut alan, mut grace) = (site.signed_in("alan").await, site.signed_in("grace").await);
    for _ in 0..20 {
        assert_eq!(alan.send_file(SEND, "picture", b"no picture").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = alan.send_file(SEND, "picture", &Picture::Usual.bytes(1)).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!answer.header("retry-after").is_empty() && answer.body.contains("You can try again in"));
    assert_eq!(grace.send_file(SEND, "picture", &Picture::Usual.bytes(1)).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn a_signed_out_upload_reports_that_nothing_was_saved(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    site.sql("delete from sessions").await;
    let answer = alan.send_file(SEND, "picture", &Picture::Usual.bytes(1)).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in?next=%2Fsettings%2Fprofile"));
    let page = alan.get(answer.location()).await.body;
    assert!(page.contains("You are signed out, so your picture was not saved."), "{page}");
    assert_eq!(site.pictures().await, 0);
    // The server does not wait for a body that does not end.
    let endless = Body::from_stream(crate::tests::security::hardening::endless());
    let mut stranger = site.browser();
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), stranger.send_parts(SEND, endless));
    assert!(answer.await.unwrap().location().starts_with("/sign-in"));
}

#[sqlx::test]
async fn refuses_an_announced_oversized_upload_without_reading_it(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let user = alan.form_user().await.unwrap();
    let request = http::Request::post(format!("{SEND}?for_user={user}"))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=x")
        .header("content-length", 4_000_000_000_u64)
        .body(Body::from_stream(crate::tests::security::hardening::endless()))
        .unwrap();
    let answer = alan.send(request).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("That picture is larger than 8 MB."));
}

/// Sends a file over a real connection as a browser does: it sends all of it before it reads the answer.
async fn send_over_tcp(address: std::net::SocketAddr, sender: &mut Browser, bytes: usize) -> std::io::Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (user, session) = (sender.form_user().await.unwrap(), sender.session().unwrap());
    let part = "--x\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"me.png\"\r\n\r\n";
    let end = "\r\n--x--\r\n";
    let head = format!(
        "POST {SEND}?for_user={user} HTTP/1.1\r\nHost: kith.example\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
         Cookie: __Host-id={session}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n\r\n{part}",
        part.len() + bytes + end.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&vec![b'x'; bytes]).await?;
    stream.write_all(end.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Starts an upload of a picture and pauses: it holds its place once the server asks us to continue.
async fn hold_a_place(address: std::net::SocketAddr, sender: &mut Browser, client: usize) -> tokio::net::TcpStream {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (user, session) = (sender.form_user().await.unwrap(), sender.session().unwrap());
    let head = format!(
        "POST {SEND}?for_user={user} HTTP/1.1\r\nHost: kith.example\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-id={session}\r\n\
         X-Forwarded-For: 203.0.113.{client}\r\nExpect: 100-continue\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n"
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut told = [0; 21];
    stream.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue");
    stream
}

#[sqlx::test]
async fn refused_uploads_are_read_fully_so_browsers_show_the_error(pool: PgPool) {
    drop(Site::with_cast(&pool).await);
    let site = Site::with(&pool, &[("KITH_TRUSTED_PROXIES", "127.0.0.0/8")]);
    let [mut alan, mut barbara, mut grace] =
        [site.signed_in("alan").await, site.signed_in("barbara").await, site.signed_in("grace").await];
    let (address, _stop, _serving) = crate::tests::operations::serve::start(&site).await;
    for _ in 0..20 {
        assert_eq!(alan.send_file(SEND, "picture", b"no picture").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = send_over_tcp(address, &mut alan, 6_000_000).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 429") && answer.contains("You can try again in"), "{answer}");
    // Two at once are a user's share, however slow: the place of another user remains free.
    let mut under_way = Vec::new();
    for _ in 0..2 {
        under_way.push(hold_a_place(address, &mut grace, 1).await);
    }
    let busy = "We can’t take pictures at this moment.";
    let answer = send_over_tcp(address, &mut grace, 6_000_000).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains(busy), "{answer}");
    let answer = send_over_tcp(address, &mut barbara, 6_000_000).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    site.add_users("user", 5).await;
    for n in 0..5 {
        let mut other = site.signed_in(&format!("user{n:03}")).await;
        for _ in 0..2 {
            under_way.push(hold_a_place(address, &mut other, 10 + n).await);
        }
    }
    let answer = send_over_tcp(address, &mut barbara, 6_000_000).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after:") && answer.contains(busy), "{answer}");
    // It was read, and no more than that.
    assert_eq!(site.pictures().await, 0);
}
