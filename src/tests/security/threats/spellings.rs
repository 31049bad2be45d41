//! Two spellings of one address or name, and one spelling that two programs read differently.

use axum::body::Body;
use http::{Request, StatusCode};
use sqlx::PgPool;

use super::{NEW, Site};

/// Texts that one program reads as one address and another as another.
const READ_TWICE: [&str; 15] = [
    "\"e@evil.example\"@kith.example",
    "alan@kith.example,e@evil.example",
    "alan@kith.example e@evil.example",
    "alan@kith.example\r\nBcc: e@evil.example",
    "alan@kith.example\n",
    "<alan@kith.example>",
    "Alan <alan@kith.example>",
    "alan(e@evil.example)@kith.example",
    "alan@kith.example@evil.example",
    "alan＠kith.example@evil.example",
    "alan@evil.example＠kith.example",
    "alán@kith.example",
    "ａlan@kith.examp1e",
    "alan@[127.0.0.1]",
    "alan%kith.example@",
];

// H08.
#[sqlx::test]
async fn refuses_ambiguous_email_addresses(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for email in READ_TWICE {
        site.reset_limits().await;
        let shape = email.trim() == email && email != "ａlan@kith.examp1e";
        for (path, fields) in [
            ("/sign-up", vec![("email", email), ("username", "newcomer"), ("password", NEW)]),
            ("/forgot-password", vec![("email", email)]),
            ("/sign-in/code/send", vec![("email", email)]),
        ] {
            let answer = site.browser().post(path, &fields).await;
            assert!(!shape || answer.status == StatusCode::UNPROCESSABLE_ENTITY, "{email:?} at {path}");
        }
        assert_eq!(site.count("select count(*) from jobs where payload->>'to' like '%evil%'").await, 0, "{email:?}");
    }
    for body in
        ["email[]=alan%40kith.example&email[]=e%40evil.example", "email=alan%40kith.example&email=e%40evil.example"]
    {
        let request = Request::post("/forgot-password")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        assert_eq!(site.browser().send(request).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
}

// H10.
#[sqlx::test]
async fn account_mail_uses_the_stored_spelling_of_the_address(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql("update users set email = 'Mike@kith.example' where username = 'alan'").await;
    let asked = "select payload->>'to' from jobs";
    for (typed, to) in [
        ("MIKE@KITH.example", "Mike@kith.example"),
        ("mike@kith.example", "Mike@kith.example"),
        // Dotless i, the Kelvin sign, a full-width letter: none of them is the ASCII letter of the account. A mere
        // other form of the same letter counts as that letter; the rest are refused.
        ("mıke@kith.example", ""),
        ("mİke@kith.example", ""),
        ("mi\u{212a}e@kith.example", "Mike@kith.example"),
        ("ｍike@kith.example", "Mike@kith.example"),
        ("mike@ⓚith.example", "Mike@kith.example"),
        ("mike@kıth.example", "mike@xn--kth-jua.example"),
        // Invisible characters come from copying.
        ("\u{202a}mike@kith.example\u{202c}", "Mike@kith.example"),
        ("\u{200b}mi\u{ad}ke@kith\u{2060}.example\u{feff}", "Mike@kith.example"),
        ("ｍｉｋｅ＠ｋｉｔｈ．ｅｘａｍｐｌｅ", "Mike@kith.example"),
    ] {
        for path in ["/forgot-password", "/sign-in/code/send"] {
            site.sql("delete from limits; delete from jobs").await;
            site.browser().post(path, &[("email", typed)]).await;
            let queued: Option<String> = sqlx::query_scalar(asked).fetch_optional(&pool).await.unwrap();
            let went = match queued {
                Some(queued) => server::worker::open_for_test(&site.server, &queued).await.unwrap().unwrap().to,
                None => String::new(),
            };
            assert_eq!(went, to, "{typed} at {path}");
        }
    }
}

/// Names that look like those of other users, or of the site.
const LOOK_ALIKES: [&str; 30] = [
    "аlan",
    "alаn",
    "ALAN",
    "Alan",
    "@alan",
    "alan\u{200b}",
    "\u{200b}alan",
    "al\u{ad}an",
    "alan\u{202e}",
    "ᴬᴸᴬᴺ",
    "ａlan",
    "alan@kith.example",
    "alan.",
    ".",
    "..",
    "-alan",
    "_alan",
    "1alan",
    "al an",
    "alan/x",
    "alan%00",
    "аdmin",
    "Admin",
    "admin",
    "api",
    "settings",
    "kith",
    "root",
    "support",
    "null",
];

// H11.
#[sqlx::test]
async fn refuses_look_alike_and_reserved_usernames(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut barbara = site.signed_in("barbara").await;
    let before = site.count("select hashtext(string_agg(username, ' ' order by id))::bigint from users").await;
    for name in LOOK_ALIKES {
        site.reset_limits().await;
        let fields = [("email", "new@kith.example"), ("username", name), ("password", NEW)];
        let joined = site.browser().post("/sign-up", &fields).await;
        assert_eq!(joined.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
        let renamed = barbara.post("/settings/account/username", &[("username", name)]).await;
        assert_eq!(renamed.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
    }
    assert_eq!(site.count("select hashtext(string_agg(username, ' ' order by id))::bigint from users").await, before);
    assert_eq!(site.count("select count(*) from registrations").await, 0);
}
