//! Mail as it is really sent: through SMTP, to a server written by others that misbehaves on request (see
//! `end2end/smtp/server.py`).

mod delivery;
mod queue;
mod tls;
mod trouble;

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use server::config::{Config, Source};
use sqlx::PgPool;

use crate::tests::Site;

/// The places of a Python with aiosmtpd; `xtask/src/system.rs` looks there too.
const PYTHONS: [&str; 2] = ["python3", "/usr/bin/python3"];
/// Far more than anything here takes.
const MAIL_TIMEOUT: Duration = Duration::from_secs(15);

/// A mail server; stops when dropped.
pub struct MailServer {
    child: Child,
    pub port: u16,
    heard: Arc<Mutex<Vec<Value>>>,
}

impl MailServer {
    /// Starts a server with these options of the script.
    pub fn start(options: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("end2end/smtp/server.py");
        let mut child = Command::new(python())
            .arg(script)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().expect("a first line").unwrap().parse().expect("a port");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&heard);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                told.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, port, heard }
    }

    /// Returns the commands it received so far, of one kind: `ehlo`, `auth`, `mail`, `rcpt`, `data`.
    pub fn heard(&self, what: &str) -> Vec<Value> {
        self.heard.lock().unwrap().iter().filter(|said| said["what"] == what).cloned().collect()
    }

    /// Returns the same, as soon as there are `count`.
    pub async fn wait_for(&self, what: &str, count: usize) -> Vec<Value> {
        wait_until(what, async || self.heard(what).len() >= count).await;
        self.heard(what)
    }

    /// Returns the only mail that arrived.
    pub async fn only_mail(&self) -> Arrived {
        let mut mails = self.wait_for("data", 1).await;
        assert_eq!(mails.len(), 1, "exactly once");
        Arrived(mails.remove(0))
    }

    /// Returns its address, without encryption.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the Python that has the server's modules. A test that cannot run fails: it must not look as if it had
/// passed.
fn python() -> &'static str {
    let has = |python: &&&str| {
        let mut import = Command::new(python);
        import.args(["-c", "import aiosmtpd"]).stdout(Stdio::null()).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    };
    PYTHONS
        .iter()
        .find(has)
        .expect("aiosmtpd, the mail server of these tests, is missing: run `cargo xtask test`, which sees to it")
}

/// A mail that arrived.
pub struct Arrived(Value);

impl Arrived {
    /// Returns every value of a header.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let all = self.0["headers"].as_array().unwrap().iter();
        let named = all.filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name));
        named.map(|header| header[1].as_str().unwrap()).collect()
    }

    /// Returns the text of one of its two forms: `text/plain` or `text/html`.
    pub fn part(&self, kind: &str) -> &str {
        let parts = self.0["parts"].as_array().unwrap();
        parts.iter().find(|part| part[0] == kind).expect(kind)[2].as_str().unwrap()
    }

    /// Returns the six digits in it.
    pub fn code(&self) -> &str {
        let six = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
        self.part("text/plain").split_whitespace().find(six).expect("a code")
    }
}

/// A site at `https://kith.example` that mails through `url`. Conversations may take two seconds.
pub fn mailing(pool: &PgPool, url: &str, settings: &[(&str, &str)]) -> Site {
    let needed =
        [("DATABASE_URL", "postgres:///unused"), ("KITH_ORIGIN", "https://kith.example"), ("KITH_SMTP_URL", url)];
    let env = needed.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut config = Config::new(&Source::read(None, env).unwrap()).unwrap();
    config.mail.patience = Duration::from_secs(2);
    Site::configured(pool, config)
}

/// The same, with the time limits of a real one.
pub fn patient(pool: &PgPool, url: &str) -> Site {
    let mut config = mailing(pool, url, &[]).server.config().clone();
    config.mail.patience = Duration::from_secs(30);
    Site::configured(pool, config)
}

/// Queues a mail without a secret.
pub async fn queue(site: &Site, to: &str) {
    let message = server::identity::mails::test(&site.server.config().origin);
    let job = server::jobs::Job::Mail(server::mailer::Mail { to: to.to_owned(), message });
    server::jobs::enqueue(&mut site.server.db().acquire().await.unwrap(), &job).await.unwrap();
}

/// Signs up a user with an address, up to the code.
pub async fn sign_up(site: &Site, email: &str) -> crate::tests::Browser {
    let mut browser = site.browser();
    let fields = [("email", email), ("username", "newcomer"), ("password", "seven green umbrellas sing")];
    assert_eq!(browser.post("/sign-up", &fields).await.location(), "/sign-up/verify");
    browser
}

/// Returns a port without a listener.
pub fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until `so` returns true.
pub async fn wait_until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !so().await {
        assert!(begun.elapsed() < MAIL_TIMEOUT, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
