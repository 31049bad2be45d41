use super::*;

fn config(pairs: &[(&str, &str)]) -> Result<Config, String> {
    let env = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string()));
    Source::read(None, env).and_then(|source| Config::new(&source)).map_err(|e| e.to_string())
}

const GOOD: [(&str, &str); 2] = [("DATABASE_URL", "postgres:///kith"), ("KITH_ORIGIN", "https://kith.example")];

#[test]
fn two_settings_are_enough() {
    let config = config(&GOOD).unwrap();
    assert_eq!(config.origin.to_string(), "https://kith.example");
    assert_eq!(config.mail.from, "Kith <noreply@kith.example>");
}

#[test]
fn reports_invalid_settings_in_one_line() {
    for (name, value) in [
        ("KITH_ORIGIN", "http://kith.example"),
        ("KITH_ORIGIN", "https://kith.example/path"),
        ("KITH_ORIGIN", "https://kith.example:99999"),
        ("KITH_ORIGIN", "https://bücher.example"),
        ("KITH_LISTEN", "nowhere"),
        ("KITH_CONNECTIONS", "0"),
        ("KITH_CONNECTIONS", "18446744073709551615"),
        ("KITH_DATABASE_CONNECTIONS", "0"),
        ("KITH_DATABASE_CONNECTIONS", "4294967295"),
        ("KITH_DATABASE_CONNECTIONS", "-1"),
        ("KITH_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("KITH_LOG_FORMAT", "xml"),
        ("KITH_LANGUAGES", "English; drop"),
        ("KITH_LANGUAGES", ","),
        ("KITH_MAIL", "pigeon"),
        ("KITH_MAIL_FROM", "nobody"),
        ("KITH_SMTP_URL", "http://mail.example"),
        ("KITH_SMTP_URL", "smtp://mail.example"),
        ("KITH_SMTP_URL", "smtp://mail.example?tls=opportunistic&tls=required"),
        ("KITH_GITHUB_URL", "http://github.example"),
        ("KITH_GITHUB_URL", "github.example"),
        ("KITH_PICTURES", "bucket"),
        ("KITH_PICTURES", "cellar"),
        ("KITH_BUCKET", "kith"),
        ("KITH_BUCKET", "s3://"),
        ("KITH_BUCKET", "s3://kith/../x"),
        ("KITH_BUCKET_KEY_ID", "ключ"),
        ("KITH_BUCKET_REGION", "eu west"),
        ("KITH_BUCKET_ENDPOINT", "http://s3.example"),
        ("KITH_BUCKET_ENDPOINT", "https://me:secret@s3.example"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "postgres://u:p@db.example/kith"),
    ] {
        let mut pairs = GOOD.to_vec();
        if name.starts_with("KITH_BUCKET") {
            pairs.extend([("KITH_BUCKET", "s3://kith"), ("KITH_BUCKET_KEY_ID", "k"), ("KITH_BUCKET_SECRET", "s")]);
        }
        pairs.retain(|(known, _)| *known != name);
        pairs.push((name, value));
        let why = config(&pairs).expect_err(&format!("{name}={value}"));
        assert!(why.starts_with(name) && !why.contains('\n'), "{why}");
    }
}

#[test]
fn reports_a_missing_bucket_key_id() {
    let bucket =
        [GOOD[0], GOOD[1], ("KITH_BUCKET", "s3://kith"), ("KITH_BUCKET_KEY_ID", ""), ("KITH_BUCKET_SECRET", "s")];
    assert!(config(&bucket).unwrap_err().starts_with("KITH_BUCKET_KEY_ID: is not set"));
}

#[test]
fn ipv4_mapped_proxy_networks_match_ipv4_addresses() {
    for (network, inside, outside) in [
        ("::ffff:127.0.0.0/104", "127.0.0.1", "128.0.0.1"),
        ("::ffff:0:0/90", "203.0.113.5", "2001:db8::1"),
        ("::/1", "203.0.113.5", "8000::1"),
        ("::ffff:10.1.2.3", "10.1.2.3", "10.1.2.4"),
        ("::ffff:0:0/96", "203.0.113.5", "2001:db8::1"),
        ("10.0.0.0/8", "10.9.9.9", "11.0.0.1"),
        ("2001:db8::/32", "2001:db8::1", "2001:db9::1"),
    ] {
        let config = config(&[GOOD[0], GOOD[1], ("KITH_TRUSTED_PROXIES", network)]).unwrap();
        let trusts = |ip: &str| config.trusted_proxies.iter().any(|network| network.contains(ip.parse().unwrap()));
        assert!(trusts(inside) && !trusts(outside), "{network}");
    }
}

#[test]
fn explains_unusable_sender_addresses() {
    let said = |from| config(&[GOOD[0], GOOD[1], ("KITH_MAIL_FROM", from)]).unwrap_err();
    assert!(said("Kith <noreply@bücher.example>").contains("noreply@xn--bcher-kva.example"));
    assert!(said("Kith <jürgen@kith.example>").contains("before the @"));
    assert!(said("kith.example").contains("must be an address"));
    let at_an_address =
        [GOOD[0], ("KITH_ORIGIN", "https://203.0.113.5"), ("KITH_SMTP_URL", "smtps://kith:secret@mail.example")];
    assert!(config(&at_an_address).unwrap_err().starts_with("KITH_MAIL_FROM: is not set"));
}

#[test]
fn explains_unencoded_passwords_in_urls_without_printing_them() {
    for url in [
        "postgres://kith:hunter2/x@localhost/kith",
        "postgres://kith:12/hunter2@localhost/kith",
        "postgres://kith:hunter2#x@localhost/kith",
        "postgres://kith:12?hunter2@localhost/kith?sslmode=verify-full",
        "postgresql://kith:a@b/hunter2@localhost/kith",
        "postgres://kith:12?hunter=2@localhost/kith",
        "postgres://kith:12#hunter=2@localhost/kith",
    ] {
        let why = config(&[("DATABASE_URL", url), GOOD[1]]).unwrap_err();
        assert!(why.starts_with("DATABASE_URL") && why.contains("percent-encode"), "{url}: {why}");
        assert!(!why.contains("hunter") && !why.contains("12"), "{why}");
    }
    for url in [
        "smtps://kith:hunter2/x@mail.example",
        "smtps://kith:12/hunter2@mail.example",
        "smtps://kith:1?2@mail.example",
        "smtps://kith:12?hunter=2@mail.example",
    ] {
        let why = config(&[GOOD[0], GOOD[1], ("KITH_SMTP_URL", url)]).unwrap_err();
        assert!(why.starts_with("KITH_SMTP_URL") && why.contains("percent-encode") && !why.contains("hunter"), "{why}");
    }
    for url in [
        "postgres://k%2Fith:a%2Fb%40c@localhost/kith",
        "postgres:///kith?user=me@x",
        "postgres://localhost/kith?user=a@b",
    ] {
        config(&[("DATABASE_URL", url), GOOD[1]]).expect(url);
    }
}

#[test]
fn refuses_unknown_settings() {
    let why = config(&[GOOD[0], GOOD[1], ("KITH_ORIGN", "x")]).unwrap_err();
    assert!(why.starts_with("KITH_ORIGN"), "{why}");
}

#[test]
fn accepts_settings_of_tests_and_tools() {
    config(&[GOOD[0], GOOD[1], ("KITH_SCREENSHOTS", "1"), ("KITH_URL", "http://127.0.0.1:1")]).unwrap();
}

#[test]
fn reads_secrets_from_files_and_never_prints_them() {
    let path = std::env::temp_dir().join(format!("kith-config-test-{}", std::process::id()));
    std::fs::write(&path, "postgres://kith:hunter2@localhost/kith\n").unwrap();
    let config = config(&[("DATABASE_URL_FILE", path.to_str().unwrap()), GOOD[1]]).unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}
