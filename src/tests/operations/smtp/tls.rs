//! Encryption and authentication of outgoing mail: nothing is sent in clear, or to a server with the wrong certificate.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use serde_json::json;
use server::worker::run_due;
use sqlx::PgPool;

use super::{MailServer, mailing, queue, sign_up};
use crate::tests::{security::secrets::capture, support::trace};

/// A certificate authority for tests, and a certificate it signed, in a file for the mail server.
struct Trust {
    ca: PathBuf,
    file: PathBuf,
}

impl Trust {
    /// Creates a certificate for this host, valid until that year.
    fn new(host: &str, until: i32) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        params.distinguished_name.push(DnType::CommonName, format!("Authority {number}"));
        let ca = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let leaf = params.signed_by(&key, &issuer).unwrap().pem();
        let write = |name: &str, pem: String| {
            let file = std::env::temp_dir().join(format!("kith-smtp-{}-{number}-{name}.pem", std::process::id()));
            fs::write(&file, pem).unwrap();
            file
        };
        Self { ca: write("ca", ca), file: write("leaf", leaf + &key.serialize_pem()) }
    }

    /// Returns the setting that trusts this authority, and no other.
    fn setting(&self) -> (&str, &str) {
        ("KITH_SMTP_CA_FILE", self.ca.to_str().unwrap())
    }

    fn server(&self, tls: &str, more: &[&str]) -> MailServer {
        let options = ["--tls", tls, "--cert", self.file.to_str().unwrap()];
        MailServer::start(&[&options, more].concat())
    }
}

impl Drop for Trust {
    fn drop(&mut self) {
        let _ = (fs::remove_file(&self.ca), fs::remove_file(&self.file));
    }
}

/// Returns the address of a server, with a user, encrypted from the first byte or from STARTTLS on.
fn url(server: &MailServer, tls: &str, password: &str) -> String {
    trace::note_own("mail password", ("kith", password));
    match tls {
        "implicit" => format!("smtps://kith:{password}@localhost:{}", server.port),
        _ => format!("smtp://kith:{password}@localhost:{}?tls=required", server.port),
    }
}

const PASSWORD: &str = "hunter2-of-the-mail-server";
const USER: [&str; 4] = ["--user", "kith", "--password", PASSWORD];

#[sqlx::test]
async fn mail_is_encrypted_and_authenticated_without_logging_secrets(pool: PgPool) {
    let trust = Trust::new("localhost", 2100);
    for (tls, mechanism) in [("implicit", "PLAIN"), ("starttls", "PLAIN"), ("starttls", "LOGIN")] {
        let mail_server = trust.server(tls, &[&USER[..], &["--mechanism", mechanism]].concat());
        let (captured, guard) = capture();
        let site = mailing(&pool, &url(&mail_server, tls, PASSWORD), &[trust.setting()]);
        sign_up(&site, "new@kith.example").await;
        let code = site.code_to("new@kith.example").await;
        let browser = site.browser().post("/forgot-password", &[("email", "other@kith.example")]).await;
        assert_eq!(browser.status, http::StatusCode::OK);
        assert_eq!((run_due(&site.server).await.unwrap(), run_due(&site.server).await.unwrap()), (1, 1));
        drop(guard);
        let mail = mail_server.wait_for("data", 2).await.remove(0);
        assert_eq!((&mail["tls"], &mail["signed_in"]), (&json!(true), &json!(true)), "{tls} {mechanism}");
        let signed_in = mail_server.heard("auth");
        assert!(signed_in.iter().all(|auth| auth["tls"] == true && auth["mechanism"] == mechanism), "{signed_in:?}");
        assert_eq!(site.count("select count(*) from jobs").await, 0);
        let log = captured.text();
        assert!(log.lines().count() > 20, "something was captured");
        assert!(!captured.holds_code(&code), "the code is in the log");
        for secret in [PASSWORD, "new@kith.example", "AGtpdGgA", "aHVudGVyMi1"] {
            assert!(!log.contains(secret), "{secret}");
        }
        site.sql("delete from registrations; delete from limits").await;
    }
}

#[sqlx::test]
async fn servers_with_invalid_certificates_get_neither_password_nor_mail(pool: PgPool) {
    let (good, expired, wrong) =
        (Trust::new("localhost", 2100), Trust::new("localhost", 2020), Trust::new("mail.example", 2100));
    for (trust, believed, why) in [
        (&good, None, "UnknownIssuer"),
        (&good, Some(&wrong), "UnknownIssuer"),
        (&expired, Some(&expired), "expired"),
        (&wrong, Some(&wrong), "not valid for name"),
    ] {
        for tls in ["implicit", "starttls"] {
            let mail_server = trust.server(tls, &USER);
            let settings: Vec<_> = believed.into_iter().map(Trust::setting).collect();
            let site = mailing(&pool, &url(&mail_server, tls, PASSWORD), &settings);
            queue(&site, "ok@kith.example").await;
            run_due(&site.server).await.unwrap();
            let (error, dead): (String, bool) =
                sqlx::query_as("select last_error, dead_at is not null from jobs").fetch_one(&pool).await.unwrap();
            assert!(!dead && error.contains(why), "{tls}: {error} instead of {why}");
            assert!(mail_server.heard("auth").is_empty() && mail_server.heard("mail").is_empty(), "{tls} {why}");
            site.sql("delete from jobs").await;
        }
    }
}

#[sqlx::test]
async fn servers_without_encryption_get_neither_password_nor_mail(pool: PgPool) {
    let mail_server = MailServer::start(&USER);
    let site = mailing(&pool, &url(&mail_server, "starttls", PASSWORD), &[]);
    queue(&site, "ok@kith.example").await;
    run_due(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from jobs where last_error like '%STARTTLS%' and dead_at is null").await, 1);
    assert_eq!(mail_server.wait_for("ehlo", 1).await.len(), 1);
    assert!(mail_server.heard("auth").is_empty() && mail_server.heard("mail").is_empty());
}

#[sqlx::test]
async fn wrong_smtp_credentials_keep_mail_queued(pool: PgPool) {
    let trust = Trust::new("localhost", 2100);
    let mail_server = trust.server("implicit", &USER);
    let no_user = format!("smtps://localhost:{}", mail_server.port);
    for (url, why) in [(url(&mail_server, "implicit", "wrong-password"), "535"), (no_user, "530")] {
        let site = mailing(&pool, &url, &[trust.setting()]);
        queue(&site, "ok@kith.example").await;
        run_due(&site.server).await.unwrap();
        // Read here: a statement that names the password would itself be logged.
        let waits = "select last_error from jobs where dead_at is null";
        let said: String = sqlx::query_scalar(waits).fetch_one(&pool).await.unwrap();
        assert!(said.contains(why) && !said.contains("wrong-password"), "{why}: {said}");
        site.sql("delete from jobs").await;
    }
    assert!(mail_server.heard("data").is_empty());
}
