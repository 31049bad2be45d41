use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStringExt,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use super::*;

/// A file that lives as long as the test.
struct TempFile(PathBuf);

impl TempFile {
    fn new(content: &[u8]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("kith-source-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn read(toml: Option<&TempFile>, env: &[(&str, &str)]) -> Result<Source, String> {
    Source::read(toml.map(|file| file.0.as_path()), env.iter().copied()).map_err(|error| error.to_string())
}

fn refusal(toml: Option<&TempFile>, env: &[(&str, &str)]) -> String {
    let why = read(toml, env).err().expect("refused");
    assert!(!why.contains('\n'), "{why}");
    why
}

#[test]
fn treats_empty_values_as_unset() {
    let file = TempFile::new(b"smtps://from-file.example");
    let empty = TempFile::new(b"\n");
    for (env, value) in [
        (vec![("KITH_SMTP_URL", ""), ("KITH_SMTP_URL_FILE", file.path())], Some("smtps://from-file.example")),
        (vec![("KITH_SMTP_URL_FILE", file.path()), ("KITH_SMTP_URL", "")], Some("smtps://from-file.example")),
        (vec![("KITH_SMTP_URL", "smtps://a.example"), ("KITH_SMTP_URL_FILE", "")], Some("smtps://a.example")),
        (vec![("KITH_SMTP_URL_FILE", ""), ("KITH_SMTP_URL", "smtps://a.example")], Some("smtps://a.example")),
        (vec![("KITH_SMTP_URL", ""), ("KITH_SMTP_URL_FILE", "")], None),
        (vec![("KITH_SMTP_URL_FILE", empty.path())], None),
    ] {
        assert_eq!(read(None, &env).unwrap().get("KITH_SMTP_URL"), value, "{env:?}");
    }
    let toml = TempFile::new(b"smtp_url = 'smtps://toml.example'\nmail_from = ''");
    let source = read(Some(&toml), &[("KITH_SMTP_URL", "")]).unwrap();
    assert_eq!(source.get("KITH_SMTP_URL"), Some("smtps://toml.example"));
    assert_eq!(source.get("KITH_MAIL_FROM"), None);
}

#[test]
fn two_values_for_one_setting_are_refused_in_any_order() {
    let file = TempFile::new(b"hunter2-of-the-file");
    for env in [
        [("KITH_BUCKET_SECRET", "hunter2"), ("KITH_BUCKET_SECRET_FILE", file.path())],
        [("KITH_BUCKET_SECRET_FILE", file.path()), ("KITH_BUCKET_SECRET", "hunter2")],
    ] {
        let why = refusal(None, &env);
        assert!(why.starts_with("KITH_BUCKET_SECRET: is set twice") && !why.contains("hunter2"), "{why}");
    }
    for toml in ["origin = 'https://a.example'\nKITH_ORIGIN = 'https://b.example'", "Origin = 'a'\norigin_file = '/x'"]
    {
        let toml = TempFile::new(toml.replace("/x", file.path()).as_bytes());
        assert!(refusal(Some(&toml), &[]).starts_with("KITH_ORIGIN: is set twice"));
    }
}

#[test]
fn environment_overrides_the_configuration_file() {
    let file = TempFile::new(b"https://secret.example\r\n");
    let toml = TempFile::new(b"origin = 'https://toml.example'");
    let source = read(Some(&toml), &[("KITH_ORIGIN_FILE", file.path())]).unwrap();
    assert_eq!(source.get("KITH_ORIGIN"), Some("https://secret.example"));
}

#[test]
fn a_file_may_begin_with_a_byte_order_mark() {
    let secret = TempFile::new("\u{feff}hunter2\n".as_bytes());
    let toml = TempFile::new(format!("\u{feff}bucket_secret_file = '{}'", secret.path()).as_bytes());
    for source in [read(Some(&toml), &[]).unwrap(), read(None, &[("KITH_BUCKET_SECRET_FILE", secret.path())]).unwrap()]
    {
        assert_eq!(source.get("KITH_BUCKET_SECRET"), Some("hunter2"));
    }
}

#[test]
fn reports_unusable_files_without_their_content() {
    let binary = TempFile::new(b"hunter2\xff");
    let lines = TempFile::new(b"hunter2\nhunter3");
    for (name, path) in [
        ("KITH_BUCKET_SECRET_FILE", "/nowhere/hunter2"),
        ("KITH_BUCKET_SECRET_FILE", "/"),
        ("KITH_BUCKET_SECRET_FILE", binary.path()),
        ("KITH_BUCKET_SECRET_FILE", lines.path()),
    ] {
        let why = refusal(None, &[(name, path)]);
        assert!(why.starts_with(name) && !why.contains("hunter"), "{why}");
    }
    let toml = TempFile::new(b"origin = 'https://kith.example'\nbucket_secret = hunter2");
    let why = refusal(Some(&toml), &[]);
    assert!(why.contains("line 2") && !why.contains("hunter2"), "{why}");
}

#[test]
fn requires_utf_8_only_for_own_variables() {
    let odd = || OsString::from_vec(vec![b'a', 0xff]);
    let named = |name: &str| OsString::from_vec([name.as_bytes(), &[0xff]].concat());
    let read = |name: OsString, value: OsString| Source::read(None, [(name, value)]).map_err(|error| error.to_string());
    for name in ["LS_COLORS".into(), named("X"), "KITH_URL".into(), "KITH_SERVICE_HOST".into()] {
        assert!(read(name, odd()).unwrap().values.is_empty());
    }
    for name in ["KITH_ORIGIN", "DATABASE_URL", "KITH_BUCKET_SECRET"] {
        let why = read(name.into(), odd()).err().unwrap();
        assert!(why.starts_with(name) && why.contains("UTF-8"), "{why}");
    }
    let why = read(named("KITH_ORIGIN"), "x".into()).err().unwrap();
    assert!(why.starts_with("KITH_ORIGIN") && why.contains("UTF-8"), "{why}");
}

#[test]
fn ignores_service_links_but_refuses_unknown_settings() {
    let links =
        [("KITH_SERVICE_HOST", "10.43.0.5"), ("KITH_PORT", "tcp://10.43.0.5:3000"), ("KITH_PORT_3000_TCP_PORT", "1")];
    assert!(read(None, &links).unwrap().values.is_empty());
    for name in ["KITH_ORIGN", "KITH_PORT", "KITH_CONFIG_FILE", "KITH_ORIGN_FILE"] {
        for value in ["3000", ""] {
            assert!(refusal(None, &[(name, value)]).starts_with(name), "{name}={value}");
        }
    }
}

#[test]
fn ignores_container_names_only_beside_a_port_link() {
    let (name, link) = (("KITH_NAME", "/web/kith"), ("KITH_PORT", "tcp://172.17.0.2:3000"));
    assert!(read(None, &[name, link]).unwrap().values.is_empty());
    assert!(refusal(None, &[name]).starts_with("KITH_NAME"));
}

#[test]
fn ignores_issuers_without_values() {
    let env = [("KITH_OIDC_ACME_ISSUER", ""), ("KITH_OIDC_ACME_CLIENT_ID", ""), ("KITH_OIDC_ACME_CLIENT_SECRET", "")];
    assert!(providers::read(&read(None, &env).unwrap()).unwrap().is_empty());
}

#[test]
fn error_messages_have_one_line_and_values_refuse_line_breaks() {
    assert!(refusal(None, &[("KITH_A\nB", "x")]).starts_with("KITH_A B"));
    let name = OsStr::new("KITH_ORIGIN").to_owned();
    assert!(Source::read(None, [(name, OsString::from("a\nb"))]).is_err());
}
