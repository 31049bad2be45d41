//! Refused uploads, over real connections: the client sends everything before it reads the answer, as browsers and
//! proxies do. With a real nginx in front as well, if it is installed.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::tests::{Browser, Site};

const PATH: &str = "/settings/profile/picture";
const MB: usize = 1_024 * 1_024;
const TOO_LARGE: &str = "That picture is larger than 8 MB. Choose a smaller file.";

/// An upload as a browser sends it: it sends all of it before it reads the answer.
struct Upload<'a> {
    session: Option<&'a str>,
    /// The user that the form was rendered for.
    user: &'a str,
    site: &'a str,
    host: &'a str,
    bytes: usize,
}

impl Default for Upload<'_> {
    fn default() -> Self {
        Self { session: None, user: "", site: "same-origin", host: "kith.example", bytes: MB }
    }
}

impl Upload<'_> {
    async fn send(&self, address: SocketAddr) -> std::io::Result<String> {
        let part = "--x\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"me.png\"\r\n\r\n";
        let end = "\r\n--x--\r\n";
        let cookie = self.session.map(|session| format!("Cookie: __Host-id={session}\r\n")).unwrap_or_default();
        let head = format!(
            "POST {PATH}?for_user={} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nSec-Fetch-Site: {}\r\n{cookie}\
             Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n\r\n{part}",
            self.user,
            self.host,
            self.site,
            part.len() + self.bytes + end.len()
        );
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&vec![b'x'; self.bytes]).await?;
        stream.write_all(end.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// A member who may send no more pictures for now.
async fn limited(site: &Site, username: &str) -> Browser {
    let browser = site.signed_in(username).await;
    site.sql(
        "insert into limits (policy, key, count, window_ends_at) \
         select 'picture.user', sha256(id::text::bytea), 1000, now() + interval '1 hour' from users \
         on conflict (policy, key) do update set count = excluded.count",
    )
    .await;
    browser
}

/// Asserts that every refusal of the upload route is answered with its page.
async fn assert_all_are_answered(site: &Site, address: SocketAddr, through: &str) {
    let [mut alan, ended] = [site.signed_in("alan").await, site.signed_in("grace").await];
    let mut over = limited(site, "barbara").await;
    let (alan_id, over_id) = (alan.form_user().await.unwrap(), over.form_user().await.unwrap());
    site.sql("delete from limits where key = (select sha256(id::text::bytea) from users where username = 'alan')")
        .await;
    site.sql("delete from sessions where user_id = (select id from users where username = 'grace')").await;
    let session = |browser: &Browser| browser.session().unwrap().clone();
    let (alan, ended, over) = (session(&alan), session(&ended), session(&over));
    let sign_in = "location: /sign-in?next=";
    for bytes in [9 * MB, 31 * MB, 40 * MB] {
        for (what, upload, status, words) in [
            ("no session", Upload::default(), 303, sign_in),
            ("ended session", Upload { session: Some(&ended), ..Upload::default() }, 303, sign_in),
            (
                "another site",
                Upload { session: Some(&alan), user: &alan_id, site: "cross-site", ..Upload::default() },
                403,
                "<h1",
            ),
            ("another host", Upload { host: "other.example", ..Upload::default() }, 421, "<h1"),
            (
                "over the limit",
                Upload { session: Some(&over), user: &over_id, ..Upload::default() },
                429,
                "You can try again in",
            ),
            ("another user", Upload { session: Some(&alan), user: &over_id, ..Upload::default() }, 409, "as @alan"),
            ("too large", Upload { session: Some(&alan), user: &alan_id, ..Upload::default() }, 422, TOO_LARGE),
        ] {
            let answer = Upload { bytes, ..upload }.send(address).await;
            let answer = answer.unwrap_or_else(|error| panic!("{what}, {bytes} bytes through {through}: {error}"));
            let (head, page) = answer.split_once("\r\n\r\n").unwrap_or_default();
            let shown = if status == 303 { head.to_ascii_lowercase() } else { page.to_owned() };
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{what} through {through}: {head}");
            assert!(shown.contains(words), "{what}, {bytes} bytes through {through}: {answer}");
        }
    }
}

#[sqlx::test]
async fn every_refused_upload_is_read_and_answered(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (address, _stop, _serving) = crate::tests::operations::serve::start(&site).await;
    assert_all_are_answered(&site, address, "nothing").await;
}

#[sqlx::test]
async fn endless_uploads_are_cut_off_and_huge_ones_answered_early(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (address, _stop, _serving) = crate::tests::operations::serve::start(&site).await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: kith.example\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    let mut sent = 0;
    while stream.write_all(&chunk).await.is_ok() {
        sent += 0x10000;
        assert!(sent < 200 * MB, "nobody ends it");
    }
    assert!(sent > 60 * MB, "{sent}");
    // An upload with an announced length that is too long for that is answered at once.
    let head = head.replace("Transfer-Encoding: chunked", "Content-Length: 900000000");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 303");
}

/// A silent client delays an answer by half a minute at most.
#[sqlx::test]
async fn a_silent_upload_is_answered_in_time(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (address, _stop, _serving) = crate::tests::operations::serve::start(&site).await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: kith.example\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n--x"
    );
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 303");
    assert!(begun.elapsed() < Duration::from_secs(35), "{:?}", begun.elapsed());
}

/// An nginx in front of Kith; it stops when dropped.
struct Nginx {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl Nginx {
    /// Starts it, or returns `None` if it is not installed.
    fn start(kith: SocketAddr, settings: &str) -> Option<Self> {
        let works = |program: &&str| Command::new(program).arg("-v").stderr(Stdio::null()).status().is_ok();
        let program = ["nginx", "/usr/sbin/nginx"].into_iter().find(works)?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("kith-nginx-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let paths =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path t_{kind};"));
        let config = format!(
            "daemon off; master_process off; pid nginx.pid; error_log error.log;\nevents {{}}\nhttp {{\n\
             access_log off; {}\nserver {{ listen 127.0.0.1:{port}; client_max_body_size 64m;\n\
             location / {{ proxy_pass http://{kith}; proxy_set_header Host $host; {settings} }} }} }}",
            paths.concat()
        );
        fs::write(folder.join("nginx.conf"), config).unwrap();
        let prefix = folder.to_str().unwrap();
        let child = Command::new(program).args(["-p", prefix, "-c", "nginx.conf", "-e", "error.log"]).spawn().unwrap();
        let nginx = Self { child, folder, address: SocketAddr::from(([127, 0, 0, 1], port)) };
        let begun = Instant::now();
        while std::net::TcpStream::connect(nginx.address).is_err() {
            let log = fs::read_to_string(nginx.folder.join("error.log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(10), "nginx does not listen: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[sqlx::test]
async fn nginx_passes_on_the_answers_to_refused_uploads(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (kith, _stop, _serving) = crate::tests::operations::serve::start(&site).await;
    for settings in ["", "proxy_http_version 1.1;", "proxy_http_version 1.1; proxy_request_buffering off;"] {
        let Some(nginx) = Nginx::start(kith, settings) else {
            eprintln!("SKIPPED: nginx is not installed, so nothing was tried behind it.");
            return;
        };
        assert_all_are_answered(&site, nginx.address, &format!("nginx with `{settings}`")).await;
    }
}
