//! No secret reaches the log, however much is logged.

use std::{
    io,
    sync::{Arc, Mutex},
};

use sqlx::PgPool;
use tracing_subscriber::{Layer, filter::LevelFilter, fmt::MakeWriter, layer::SubscriberExt};

use super::{PASSWORD, Site};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[sqlx::test]
async fn m28_a_log_of_everything_holds_no_password_code_token_or_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let captured = Captured::default();
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .without_time()
        .with_writer(captured.clone())
        .with_filter(LevelFilter::TRACE);
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

    let password = "seven green umbrellas sing";
    let mut browser = site.browser();
    let fields =
        [("email", "new@kith.example"), ("username", "newcomer"), ("display_name", ""), ("password", password)];
    browser.post("/sign-up", &fields).await;
    let code = site.code_to("new@kith.example").await;
    let flow = browser.cookies["__Host-flow"].clone();
    browser.post("/sign-up/verify", &[("code", &code)]).await;
    let first = browser.session().unwrap().clone();
    browser.post("/elevate", &[("current_password", password)]).await;
    let second = browser.session().unwrap().clone();
    site.browser().try_sign_in("alan", PASSWORD).await;
    site.browser().try_sign_in("alan", "a wrong guess").await;
    let email = server::accounts::Email::parse("boss@kith.example").unwrap();
    let username = server::accounts::Username::parse("the_boss").unwrap();
    let token = server::accounts::invite(&site.server, &email, &username, server::accounts::Role::Admin).await.unwrap();
    site.browser().get(&format!("/sign-up/invitation?token={}", token.text())).await;
    server::jobs::run_due(&site.server).await.unwrap();
    drop(guard);

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.lines().count() > 50 && log.contains("\"answered\""), "something was captured");
    // Six digits also stand in durations, behind a point: those are no code.
    let whole = |(at, _): (usize, &str)| !log[..at].ends_with(|c: char| c == '.' || c.is_ascii_digit());
    assert!(!log.match_indices(code.as_str()).any(whole), "the code is in the log");
    for secret in [password, PASSWORD, "a wrong guess", &flow, &first, &second, &token.text()] {
        let escaped = super::browser::encode(&[("x", secret)]);
        assert!(!log.contains(secret) && !log.contains(&escaped[2..]), "{secret} is in the log");
    }
}

#[sqlx::test]
async fn a_name_cannot_write_lines_of_its_own(pool: PgPool) {
    let site = Site::new(&pool);
    let captured = Captured::default();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(captured.clone());
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let report = "a\n{\"level\":\"ERROR\"}\u{1b}[31m";
    let request = http::Request::post("/csp-report").body(report.into()).unwrap();
    site.browser().send(request).await;
    drop(guard);
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("csp_report") && !log.contains('\u{1b}'));
    assert!(log.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{log}");
    assert!(!log.lines().any(|line| line.starts_with("{\"level\":\"ERROR\"}")));
}
