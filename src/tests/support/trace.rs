//! The suite is also a run at trace level: with `KITH_TRACE_DIR` set, as `cargo xtask test` does, all log lines are
//! written to `<dir>/<process>.log`, and every secret a test uses to `<dir>/<process>.secrets`. Afterwards xtask
//! searches the logs for the secrets.

use std::{
    env,
    fs::File,
    io::Write,
    path::PathBuf,
    process,
    sync::{LazyLock, Mutex},
};

use tracing_subscriber::{Layer, filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// Shorter codes of a provider than this are words.
const WORD: usize = 16;
/// Shorter passwords than this are words that a log may well hold: tests type them to see them refused.
const PASSWORD: usize = 12;

static SECRETS: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
    let dir = PathBuf::from(env::var_os("KITH_TRACE_DIR")?);
    let file = |kind| {
        let path = dir.join(format!("{}.{kind}", process::id()));
        File::options().append(true).create(true).open(path).unwrap()
    };
    let json = tracing_subscriber::fmt::layer().json().without_time().flatten_event(true).with_current_span(true);
    let layer = json.with_writer(Mutex::new(file("log"))).with_filter(LevelFilter::TRACE);
    tracing_subscriber::registry().with(layer).init();
    Some(Mutex::new(file("secrets")))
});

/// Starts to log, if this is requested and has not started yet.
pub fn start() {
    if LazyLock::force(&SECRETS).is_none() {
        return;
    }
    let url = env::var("DATABASE_URL").unwrap_or_default();
    if let Some((_, password)) = url.split_once('@').and_then(|(before, _)| before.rsplit_once(':')) {
        note("database password", password);
    }
}

/// Records a secret, for xtask to search for.
pub fn note(kind: &str, secret: &str) {
    if let Some(file) = SECRETS.as_ref() {
        let line = serde_json::json!({ "kind": kind, "secret": secret });
        file.lock().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// Records the secrets among the fields of a form or of an address.
pub fn note_field(name: &str, value: &str) {
    let digits = value.len() == 6 && value.bytes().all(|b| b.is_ascii_digit());
    match name {
        "password" | "new_password" | "current_password" if value.chars().count() >= PASSWORD => {
            note("password", value);
        }
        "code" if digits => note("code", value),
        "token" if value.len() == 43 => note("token", value),
        // In the authorization request, and in the callback.
        "state" | "nonce" if value.len() == 43 => note("state", value),
        "code" if value.len() >= WORD => note("provider code", value),
        _ => {}
    }
}

/// Records the secret with which a provider or a server knows us: by itself, and with the name it is sent with, as
/// base64 (RFC 7617, RFC 4616).
pub fn note_own(kind: &str, (name, secret): (&str, &str)) {
    note(kind, secret);
    note(kind, &format!("{name}:{secret}"));
    note(kind, &format!("\0{name}\0{secret}"));
}

/// Records a cookie's value, unless it says nothing about the user.
pub fn note_cookie(name: &str, value: &str) {
    if !matches!(name, "__Host-theme" | "__Host-flash") {
        note("cookie", value);
    }
}
