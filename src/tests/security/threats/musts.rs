//! Required defences without an attack in the list: rules that the database enforces, the extent of a transaction, the
//! scope of an elevation and of a limit.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use sqlx::PgPool;
use tokio::{net::TcpListener, time::timeout};

use super::{
    Browser, Form, NEW, PASSWORD, SAME_PASSWORD, Site, WAYS, break_half_way, last_step, mend, open_reset, send,
    site::as_served,
};

// M02.
#[sqlx::test]
async fn every_sign_in_or_elevation_replaces_the_previous_session(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for way in WAYS {
        site.sql("delete from limits; delete from sessions").await;
        let mut browser = site.signed_in(if way.starts_with("elevate") { "alan" } else { "barbara" }).await;
        let last = last_step(&site, &mut browser, way).await;
        let mut before = browser.clone();
        let answer = send(&mut browser, &last).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{way}: {}", answer.body);
        assert_ne!(browser.session(), before.session(), "{way}");
        assert_eq!(before.who().await, None, "{way}: the session before is over");
        assert!(browser.who().await.is_some(), "{way}");
        assert_eq!(site.count("select count(*) from sessions").await, 1, "{way}");
        // The next path needs alan's password, which a reset has changed.
        site.sql(SAME_PASSWORD).await;
    }
}

// M02.
#[sqlx::test]
async fn failed_sign_ins_and_elevations_leave_the_session_unchanged(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for way in WAYS {
        site.sql("delete from limits; delete from sessions").await;
        let who = if way.starts_with("elevate") { "alan" } else { "barbara" };
        let mut browser = site.signed_in(who).await;
        let last = last_step(&site, &mut browser, way).await;
        let users = site.count("select count(*) from users").await;
        break_half_way(&site).await;
        let answer = send(&mut browser, &last).await;
        mend(&site).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{way}");
        assert!(answer.set_cookies().is_empty(), "{way}: {:?}", answer.set_cookies());
        assert_eq!(browser.who().await.as_deref(), Some(who), "{way}");
        assert_eq!(site.count("select count(*) from sessions where user_id is not null").await, 1, "{way}");
        assert_eq!(site.count("select count(*) from users").await, users, "{way}");
        site.browser().sign_in("alan").await;
        site.sql("delete from sessions").await;
    }
}

// M12.
#[sqlx::test]
async fn database_constraints_refuse_invalid_rows(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("ada", "hello").await;
    let like = "insert into likes (post_id, user_id) select p.id, u.id from posts p, users u where username = 'alan'";
    let follow = "insert into follows (follower_id, followee_id) select a.id, b.id from users a, users b
        where a.username = 'alan' and b.username = 'ada'";
    site.sql(&format!("{like}; {follow}; insert into former_usernames (username, user_id) select 'old', 1")).await;
    for (statement, constraint) in [
        ("insert into users (username, email) values ('another', 'ALAN@kith.example')", "users_email_key"),
        ("insert into users (username, email) values ('alan', 'x@kith.example')", "users_username_key"),
        ("insert into users (username, email) values ('Alan', 'x@kith.example')", "users_username_shape"),
        ("insert into users (username, email) values ('аlan', 'x@kith.example')", "users_username_shape"),
        ("update users set role = 'emperor'", "users_role_known"),
        ("insert into passwords (user_id, hash) select id, '' from users where username = 'alan'", "passwords_pkey"),
        (like, "likes_pkey"),
        (follow, "follows_pkey"),
        ("insert into follows (follower_id, followee_id) select id, id from users", "follows_not_oneself"),
        ("insert into former_usernames (username, user_id) select 'old', 2", "former_usernames_pkey"),
        ("insert into posts (author_id, body) select id, '' from users", "posts_body_length"),
    ] {
        let error = sqlx::raw_sql(statement).execute(&pool).await.expect_err(statement);
        let refused = error.as_database_error().and_then(|e| e.constraint()).map(ToOwned::to_owned);
        assert_eq!(refused.as_deref(), Some(constraint), "{statement}");
    }
    let unique = "select count(*) from pg_constraint where contype = 'u' and conname in
        ('registrations_flow_key', 'email_codes_flow_key', 'email_links_token_key', 'sessions_device_key')";
    assert_eq!(site.count(unique).await, 4, "no secret is two people's");
}

// M13.
#[sqlx::test]
async fn a_waiting_sign_in_sees_concurrent_account_changes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (change, told) in [
        (
            "update passwords set hash = 'another' where user_id = (select id from users where username = 'alan')",
            "match",
        ),
        ("update users set suspended_at = now(), suspended_reason = 'x' where username = 'alan'", "match"),
        ("delete from users where username = 'alan'", "match"),
    ] {
        // Another transaction holds a lock on alan's row; the sign-in has compared the old password already, and waits
        // for the row.
        let mut change_of = pool.begin().await.unwrap();
        sqlx::raw_sql("select from users where username = 'alan' for update").execute(&mut *change_of).await.unwrap();
        let mut browser = site.browser();
        let sign_in = tokio::spawn(async move { (browser.try_sign_in("alan", PASSWORD).await, browser) });
        let waits =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while site.count(waits).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        sqlx::raw_sql(change).execute(&mut *change_of).await.unwrap();
        change_of.commit().await.unwrap();
        let (answer, mut browser) = sign_in.await.unwrap();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{change}");
        assert!(answer.body.contains(told) && answer.set_cookies().is_empty(), "{change}");
        assert_eq!(browser.who().await, None, "{change}");
        site.sql(SAME_PASSWORD).await;
        site.sql("update users set suspended_at = null, suspended_reason = null").await;
    }
}

// M14.
#[sqlx::test]
async fn display_names_lose_invisible_and_control_characters(pool: PgPool) {
    let site = Site::new(&pool);
    for (n, (typed, shown)) in [
        ("Ada\u{202e}madA", "AdamadA"),
        ("Ad\u{200b}a\u{feff}", "Ada"),
        ("Ada\u{7}\u{9b}31m", "Ada31m"),
        (" A\r\nB\tC\u{a0}\u{2003}D ", "A B C D"),
        ("\u{200b}\u{3164}", ""),
        ("e\u{301}", "é"),
    ]
    .into_iter()
    .enumerate()
    {
        let (name, email) = (format!("person_{n}"), format!("p{n}@kith.example"));
        let fields = [("email", email.as_str()), ("username", &name), ("display_name", typed), ("password", NEW)];
        let answer = site.browser().post("/sign-up", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{typed:?}: {}", answer.body);
        let sql = "select display_name from registrations where username = $1";
        let kept: String = sqlx::query_scalar(sql).bind(&name).fetch_one(&pool).await.unwrap();
        assert_eq!(kept, shown, "{typed:?}");
    }
}

// M17.
#[sqlx::test]
async fn limits_hold_across_instances_addresses_and_spellings(pool: PgPool) {
    let copies = [Site::new(&pool), Site::new(&pool)];
    let paths = ["/sign-in", "/sign-in?x=1", "/sign-in?next=%2F"];
    for n in 0..32 {
        let mut browser = copies[n % 2].browser().at(&format!("2001:db8:1:2::{n:x}"));
        let name = format!("someone{n}");
        let status = browser.post(paths[n % 3], &[("identifier", &name), ("password", "wrong")]).await.status;
        let expected = if n < 30 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(status, expected, "{n}");
    }
    let mut neighbour = copies[0].browser().at("2001:db8:1:3::1");
    assert_eq!(neighbour.try_sign_in("someone99", "wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // One name has one count in all its spellings, on every instance.
    for (n, name) in ["alan", "ALAN", " alan ", "@alan", "Alan"].into_iter().cycle().take(11).enumerate() {
        let mut browser = copies[n % 2].browser().at(&format!("198.51.100.{n}"));
        let status = browser.try_sign_in(name, "wrong").await.status;
        let expected = if n < 10 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(status, expected, "{n}");
    }
    let kept = "select count(*) from limits where encode(key, 'escape') ~ '(alan|someone|198|2001)'";
    assert_eq!(copies[0].count(kept).await, 0, "what is counted is kept as a hash");
}

// M18.
#[sqlx::test]
async fn sign_in_replaces_an_outdated_password_hash(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let argon2 = argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        argon2::Params::new(8_192, 1, 1, None).unwrap(),
    );
    let old = argon2::PasswordHasher::hash_password(&argon2, PASSWORD.as_bytes()).unwrap().to_string();
    sqlx::query("update passwords set hash = $1").bind(&old).execute(&pool).await.unwrap();
    site.browser().sign_in("alan").await;
    let newer = "select count(*) from passwords p join users u on u.id = p.user_id where hash like '%m=19456,t=2,p=1%' and username = 'alan'";
    assert_eq!(site.count(newer).await, 1);
    site.browser().sign_in("alan").await;
}

// M19.
#[sqlx::test]
async fn no_response_waits_for_the_mail_server(pool: PgPool) {
    Site::with_cast(&pool).await;
    let black_hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}?tls=required", black_hole.local_addr().unwrap());
    let site = Site::with(&as_served(&pool, 4), &[("KITH_SMTP_URL", &url)]);
    let mut alan = site.signed_in("alan").await;
    site.sql("delete from jobs").await;
    let mut waiting = Vec::new();
    for way in ["/forgot-password", "/sign-in/code/send", "/elevate/send", "/sign-up"] {
        let fields: &[(&str, &str)] = match way {
            "/elevate/send" => &[("next", "/")],
            "/sign-up" => &[("email", "new@kith.example"), ("username", "newcomer"), ("password", NEW)],
            _ => &[("email", "alan@kith.example")],
        };
        let begun = Instant::now();
        let answer = alan.post(way, fields).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{way}: {}", answer.status);
        assert!(begun.elapsed() < Duration::from_secs(2), "{way} took {:?}", begun.elapsed());
        let server = site.server.clone();
        waiting.push(tokio::spawn(async move { server::worker::run_due(&server).await }));
        timeout(Duration::from_secs(5), black_hole.accept()).await.expect("the worker calls").unwrap();
    }
    assert_eq!(site.count("select count(*) from jobs").await, 4, "none is lost, none holds anybody up");
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Returns the form that makes a change, in the browser that will send it.
async fn change_form(site: &Site, here: &mut Browser, (name, change): (&str, &str)) -> Form {
    match change {
        "password" => ("/settings/security/password", vec![("new_password", NEW.to_owned())]),
        "email" => {
            here.post("/settings/account/email", &[("email", "new@kith.example")]).await;
            ("/settings/account/email/verify", vec![("code", site.code_to("new@kith.example").await)])
        }
        "reset" => {
            *here = site.browser();
            open_reset(site, here, name).await;
            ("/reset-password", vec![("new_password", NEW.to_owned())])
        }
        _ => ("/settings/account/delete", vec![("username_again", name.to_owned())]),
    }
}

// M20.
#[sqlx::test]
async fn account_changes_end_sessions_in_the_same_transaction(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (name, change) in
        [("alan", "password"), ("barbara", "email"), ("edsger", "reset"), ("grace", "suspension"), ("ada", "deletion")]
    {
        let (mut here, mut there) = (site.signed_in(name).await, site.signed_in(name).await);
        let id = server::accounts::find(&site.server, name).await.unwrap();
        let form = change_form(&site, &mut here, (name, change)).await;
        for broken in [true, false] {
            if broken {
                break_half_way(&site).await;
            }
            let status = match change {
                "suspension" => match server::accounts::suspend(&site.server, id, "a test", None).await {
                    Ok(()) => StatusCode::SEE_OTHER,
                    Err(error) => error.status(),
                },
                _ => send(&mut here, &form).await.status,
            };
            if broken {
                mend(&site).await;
                assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{change}");
                assert_eq!(there.who().await.as_deref(), Some(name), "{change} failed, and did nothing at all");
                site.browser().sign_in(name).await;
            } else {
                assert_eq!(status, StatusCode::SEE_OTHER, "{change}");
                assert_eq!(there.who().await, None, "{change}");
            }
        }
    }
}

// M21.
#[sqlx::test]
async fn sensitive_changes_require_elevation_within_ten_minutes_in_this_browser(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut here, mut there) = (site.signed_in("alan").await, site.signed_in("alan").await);
    site.sql("update sessions set elevated_until = elevated_until - interval '9 minutes 50 seconds'").await;
    assert_eq!(here.post("/settings/account/export", &[]).await.status, StatusCode::OK);
    site.sql("update sessions set elevated_until = elevated_until - interval '11 seconds'").await;
    there.post("/elevate", &[("current_password", PASSWORD)]).await;
    for path in [
        "/settings/account/email",
        "/settings/account/email/verify",
        "/settings/account/username",
        "/settings/account/export",
        "/settings/account/delete",
        "/settings/security/password",
        "/settings/security/password/remove",
        "/settings/connections/{provider}/link",
        "/settings/connections/{provider}/unlink",
        "/settings/devices/others/end",
        "/settings/devices/all/end",
        "/settings/devices/{device}/end",
    ] {
        assert!(site.doors.iter().any(|door| door.method == Method::POST && door.path == path), "{path}");
        let path = path.replace("{device}", "00000000-0000-0000-0000-000000000000").replace("{provider}", "github");
        assert!(here.post(&path, &[]).await.location().starts_with("/elevate?next="), "{path}");
        assert!(!there.post(&path, &[("x", "y")]).await.location().starts_with("/elevate"), "{path}");
    }
    assert_eq!(there.who().await.as_deref(), Some("alan"));
    assert_eq!(here.who().await.as_deref(), Some("alan"), "signed in all the same");
}
