//! No secret reaches the log, however much is logged.

use std::{
    io,
    sync::{Arc, Mutex},
};

use sqlx::PgPool;
use tracing_subscriber::{Layer, filter::LevelFilter, fmt::MakeWriter, layer::SubscriberExt};

use crate::tests::{PASSWORD, Site};

/// Everything that was logged.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

/// Logs at every level, on this thread, while the guard lives.
pub fn capture() -> (Captured, tracing::subscriber::DefaultGuard) {
    let captured = Captured::default();
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .without_time()
        .with_writer(captured.clone())
        .with_filter(LevelFilter::TRACE);
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    (captured, guard)
}

impl Captured {
    /// Returns the log as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns true if the log contains a code. Six digits also occur in durations, behind a point: those are no code.
    pub fn holds_code(&self, code: &str) -> bool {
        let log = self.text();
        let whole = |(at, _): (usize, &str)| !log[..at].ends_with(|c: char| c == '.' || c.is_ascii_digit());
        log.match_indices(code).any(whole)
    }
}

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

// M28.
#[sqlx::test]
async fn trace_logs_contain_no_password_code_token_or_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (captured, guard) = capture();
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
    let email = server::identity::users::Email::parse("boss@kith.example").unwrap();
    let username = server::identity::users::Username::parse("the_boss").unwrap();
    let token =
        server::accounts::invite(&site.server, &email, &username, server::identity::users::Role::Admin).await.unwrap();
    site.browser().get(&format!("/sign-up/invitation?token={}", token.text())).await;
    assert_eq!(server::worker::run_due(&site.server).await.unwrap(), 1);
    drop(guard);

    let log = captured.text();
    assert!(log.lines().count() > 50 && log.contains("\"answered\""), "something was captured");
    assert!(!captured.holds_code(&code), "the code is in the log");
    for secret in [password, PASSWORD, "a wrong guess", &flow, &first, &second, &token.text()] {
        let escaped = crate::tests::support::browser::encode(&[("x", secret)]);
        assert!(!log.contains(secret) && !log.contains(&escaped[2..]), "{secret} is in the log");
    }
}

#[sqlx::test]
async fn csp_reports_cannot_inject_log_lines(pool: PgPool) {
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

/// Returns the columns of text, JSON or bytes, of any table, that contain this text.
async fn stands_somewhere(pool: &PgPool, text: &str) -> Vec<String> {
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "select table_name::text, column_name::text, data_type::text from information_schema.columns
         where table_schema = 'public'
           and data_type in ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'USER-DEFINED')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(columns.len() > 20, "{columns:?}");
    let mut found = Vec::new();
    for (table, column, kind) in columns {
        let holds = match kind.as_str() {
            "bytea" => format!("position(convert_to($1, 'UTF8') in \"{column}\") > 0"),
            _ => format!("position($1 in \"{column}\"::text) > 0"),
        };
        let count: i64 = sqlx::query_scalar(&format!("select count(*) from \"{table}\" where {holds}"))
            .bind(text)
            .fetch_one(pool)
            .await
            .unwrap();
        found.extend((count > 0).then(|| format!("{table}.{column}")));
    }
    found
}

#[sqlx::test]
async fn no_table_ever_holds_a_mailed_code(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let fields = [("email", "new@kith.example"), ("username", "newcomer"), ("password", "seven green umbrellas sing")];
    let mut newcomer = site.browser();
    newcomer.post("/sign-up", &fields).await;
    let mut codes = vec![site.code_to("new@kith.example").await];
    newcomer.post("/sign-up/resend", &[]).await;
    codes.push(site.code_to("new@kith.example").await);
    site.browser().post("/sign-in/code/send", &[("email", "alan@kith.example")]).await;
    codes.push(site.code_to("alan@kith.example").await);
    let mut ada = site.signed_in("ada").await;
    ada.post("/elevate/send", &[("next", "/")]).await;
    codes.push(site.code_to("ada@kith.example").await);
    ada.post("/settings/account/email", &[("email", "lovelace@kith.example")]).await;
    codes.push(site.code_to("lovelace@kith.example").await);
    assert_eq!(site.count("select count(*) from jobs where sealed_by is not null").await, 5);
    for code in codes {
        assert_eq!(stands_somewhere(&pool, &code).await, [""; 0], "{code}");
    }
    // The search finds a text that is there.
    let found = stands_somewhere(&pool, "lovelace@kith.example").await;
    assert!(found.contains(&"email_codes.email".to_owned()) && found.contains(&"jobs.payload".to_owned()), "{found:?}");
}
