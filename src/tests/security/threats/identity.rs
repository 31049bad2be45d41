//! Account takeover by impersonation: by actions begun in the account before, by another host in a mail, by another
//! site after sign-in. (`spellings` tests second spellings of an address or a name.)

use axum::body::Body;
use http::{Request, StatusCode};
use sqlx::PgPool;

use super::{NEW, PASSWORD, Site, ask_to_join, encode, link_to, reset};

const OTHER: &str = "eleven quiet lanterns drift";

// H01b.
#[sqlx::test]
async fn a_password_reset_ends_every_existing_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut attacker = site.signed_in("alan").await;
    let stolen = attacker.clone();
    attacker.post("/elevate", &[("current_password", PASSWORD)]).await;
    let mut owner = reset(&site, "alan").await;
    for mut browser in [attacker, stolen] {
        assert_eq!(browser.who().await, None);
        let post = browser.post("/posts", &[("body", "still here")]).await;
        assert_eq!(post.status, StatusCode::UNAUTHORIZED);
        let password = browser.post("/settings/security/password", &[("new_password", OTHER)]).await;
        assert!(password.location().starts_with("/sign-in"));
    }
    assert_eq!(site.count("select count(*) from posts").await, 0);
    assert_eq!(owner.who().await.as_deref(), Some("alan"));
}

// H01d.
#[sqlx::test]
async fn a_password_reset_cancels_a_pending_email_change(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut attacker = site.signed_in("alan").await;
    attacker.post("/settings/account/email", &[("email", "evil@evil.example")]).await;
    let code = site.code_to("evil@evil.example").await;
    site.browser().post("/forgot-password", &[("email", "alan@kith.example")]).await;
    let token = link_to(&site, "alan@kith.example", "/reset-password").await;
    let mut owner = site.browser();
    owner.get(&format!("/reset-password?token={token}")).await;
    assert_eq!(owner.post("/reset-password", &[("new_password", NEW)]).await.location(), "/");
    let answer = attacker.post("/settings/account/email/verify", &[("code", &code)]).await;
    assert!(answer.location().starts_with("/sign-in"), "H01b: the attacker is out");
    // Even after another sign-in, the code is dead.
    assert_eq!(
        owner.clone().post("/settings/account/email/verify", &[("code", &code)]).await.location(),
        "/settings/account"
    );
    assert_eq!(site.count("select count(*) from email_codes").await, 0);
}

// H03.
#[sqlx::test]
async fn sign_up_adopts_nothing_from_earlier_attempts_with_its_address(pool: PgPool) {
    let site = Site::new(&pool);
    let (mut attacker, mut victim) = (site.browser(), site.browser().at("198.51.100.1"));
    let early = ask_to_join(&site, &mut attacker, ("Victim@kith.example", "trojan", OTHER)).await;
    let code = ask_to_join(&site, &mut victim, ("victim@kith.example", "victim", NEW)).await;
    let session = attacker.session().cloned();
    assert_eq!(victim.post("/sign-up/verify", &[("code", &code)]).await.location(), "/");
    assert_eq!(victim.who().await.as_deref(), Some("victim"));
    // Neither the stranger's password nor the browser, and not even the code that was mailed for it.
    for identifier in ["victim@kith.example", "victim", "trojan"] {
        let tried = site.browser().try_sign_in(identifier, OTHER).await;
        assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "{identifier}");
    }
    for code in [&code, &early] {
        attacker.post("/sign-up/verify", &[("code", code)]).await;
        attacker.post("/sign-up/finish", &[("username", "trojan2")]).await;
        assert_eq!((attacker.who().await, attacker.session().cloned()), (None, session.clone()));
    }
    assert_eq!(site.count("select count(*) from users").await, 1);
    assert_eq!(site.browser().try_sign_in("victim", NEW).await.status, StatusCode::SEE_OTHER);
}

// H06.
#[sqlx::test]
async fn refuses_requests_for_other_host_names(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for host in [
        "evil.example",
        "kith.example.evil.example",
        "kith.example:444",
        "kith.example:80",
        "kith.example..",
        "evil.example:443",
        "kith.example@evil.example",
        "localhost",
        "127.0.0.1",
        "",
    ] {
        let request = Request::get("/").header("host", host).body(Body::empty()).unwrap();
        let answer = site.browser().send(request).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(!answer.body.contains("evil.example"));
    }
    // The scheme's own port and a final dot name the same site, in any spelling, in both places where a name can be.
    for (host, address) in [
        ("kith.example:443", "/"),
        ("kith.example.", "/"),
        ("KITH.example.:443", "/"),
        ("kith.example:443", "https://kith.example/"),
        ("kith.example", "https://kith.example.:443/"),
    ] {
        let request = Request::get(address).header("host", host).body(Body::empty()).unwrap();
        assert_eq!(site.browser().send(request).await.status, StatusCode::OK, "{host} {address}");
        let form = Request::post("/theme")
            .header("host", host)
            .header("origin", format!("https://{host}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("theme=dark"))
            .unwrap();
        assert_eq!(site.browser().send(form).await.status, StatusCode::SEE_OTHER, "{host}");
    }
    let two =
        Request::get("/").header("host", "kith.example").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(site.browser().send(two).await.status, StatusCode::MISDIRECTED_REQUEST);
    let absolute = Request::get("https://evil.example/").body(Body::empty()).unwrap();
    assert_eq!(site.browser().send(absolute).await.status, StatusCode::MISDIRECTED_REQUEST);
    let health = Request::get("/healthz").header("host", "10.0.0.7").body(Body::empty()).unwrap();
    assert_eq!(site.browser().send(health).await.status, StatusCode::OK);
    let spoofed = Request::post("/sign-up")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("email=ada%40kith.example&username=newcomer&password=seven+green+umbrellas"))
        .unwrap();
    assert_eq!(site.browser().send(spoofed).await.status, StatusCode::SEE_OTHER);
    let mail = site.mail_to("ada@kith.example").await.unwrap();
    assert!(mail.contains("https://kith.example/sign-in") && !mail.contains("evil"));
}

// H06.
#[sqlx::test]
async fn no_header_changes_the_host_of_mailed_links(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let dev =
        Site::with(&pool, &[("KITH_ORIGIN", "http://127.0.0.1:3000"), ("KITH_TRUSTED_PROXIES", "203.0.113.0/24")]);
    // The very first request names another host: the server learns nothing from it.
    let first = Request::get("/").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(dev.browser().send(first).await.status, StatusCode::MISDIRECTED_REQUEST);
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "evil"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-host", "evil.example"),
        ("x-host", "evil.example"),
        ("x-forwarded-server", "evil.example"),
        ("origin", "http://evil.example"),
        ("referer", "http://evil.example/forgot-password"),
    ] {
        site.reset_limits().await;
        let request = Request::post("/forgot-password")
            .header("host", "127.0.0.1:3000")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value)
            .body(Body::from("email=alan%40kith.example"))
            .unwrap();
        assert_eq!(dev.browser().send(request).await.status, StatusCode::OK, "{name}");
        while server::worker::run_due(&dev.server).await.unwrap() > 0 {}
        let mail = &dev.server.mailer().mailbox().unwrap().list(Some("alan@kith.example"))[0];
        for text in [&mail.message.text, &mail.message.html] {
            assert!(text.contains("http://127.0.0.1:3000/reset-password?token="), "{name}: {text}");
            assert!(!text.contains("evil"), "{name}: {text}");
        }
    }
    assert_eq!(dev.server.mailer().mailbox().unwrap().list(None).len(), 8);
}

// H07.
#[sqlx::test]
async fn next_is_followed_only_within_the_site(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let fields = |next| [("identifier", "alan"), ("password", PASSWORD), ("next", next)];
    let good = site.browser().post("/sign-in", &fields("/following?x=1")).await;
    assert_eq!(good.location(), "/following?x=1");
    assert_eq!(site.browser().get("/following").await.location(), "/sign-in?next=%2Ffollowing");
    let mut alan = site.signed_in("alan").await;
    for evil in [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
        "/\t/evil.example",
        "/%5cevil.example",
        "/%2fevil.example",
        "https:evil.example",
        "https://evil.example",
        "https://kith.example@evil.example",
        "/..//evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\r\nlocation: https://evil.example",
        "evil.example",
    ] {
        let answer = site.browser().post("/sign-in", &fields(evil)).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{evil:?}");
        let theme = alan.post("/theme", &[("theme", "dark"), ("next", evil)]).await;
        assert_eq!(theme.location(), "/", "{evil:?}");
        let elevate = alan.post("/elevate", &[("current_password", PASSWORD), ("next", evil)]).await;
        assert!(!elevate.location().contains("evil") && elevate.location().starts_with('/'), "{}", elevate.location());
        let query = encode(&[("next", evil)]);
        for page in ["/sign-in", "/elevate"] {
            let body = alan.get(&format!("{page}?{query}")).await.body;
            assert!(!body.contains("href=\"//") && !body.contains("href=\"javascript:"), "{page} {evil:?}");
        }
    }
}

// H07.
#[sqlx::test]
async fn paths_and_referers_never_redirect_off_the_site(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    for path in ["//evil.example/..", "//evil.example/%2e%2e", "/\\evil.example", "/assets//evil.example/.."] {
        let Ok(uri) = path.parse::<http::Uri>() else { continue };
        let answer = site.browser().send(Request::get(uri).body(Body::empty()).unwrap()).await;
        assert!(answer.location().is_empty(), "{path} leads to {}", answer.location());
    }
    let mut alan = site.signed_in("alan").await;
    let id = alan.form_user().await.unwrap();
    for (path, body) in [(format!("/posts/{post}/like"), "like=true"), ("/@ada/follow".to_owned(), "follow=true")] {
        for referer in ["https://evil.example/x", "https://evil.example//evil.example/x", "javascript:alert(1)"] {
            let request = Request::post(&path)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("referer", referer)
                .body(Body::from(format!("{body}&for_user={id}")))
                .unwrap();
            let answer = alan.send(request).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.body);
            assert!(answer.location().starts_with('/') && !answer.location().contains("evil"), "{}", answer.location());
        }
    }
}
