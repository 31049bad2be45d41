//! Requests that began in a session and finish after its end: they change nothing.

use std::time::Duration;

use app::routes::Guard;
use http::{Method, StatusCode};
use sqlx::PgPool;
use stand_in_github::Picture;

use crate::tests::{Answer, Browser, PASSWORD, Site};

type Fields = &'static [(&'static str, &'static str)];

/// A moment far ahead, in the format of the form that marks everything as read.
const LATER: &str = "4102444800000000-999999999";

/// Every form with which a signed-in user changes something, filled in with valid values.
const CHANGES: [(&str, Fields); 24] = [
    ("/posts", &[("body", "hello")]),
    ("/posts/{id}/replies", &[("body", "hello")]),
    ("/posts/{id}/edit", &[("body", "other words")]),
    ("/posts/{id}/delete", &[]),
    ("/posts/{id}/like", &[("like", "true")]),
    ("/{handle}/follow", &[("follow", "true")]),
    ("/notifications/read", &[("until", LATER)]),
    ("/notifications/{id}/read", &[]),
    (
        "/settings/profile",
        &[
            ("display_name", "Alan T"),
            ("bio", ""),
            ("pronouns", ""),
            ("place", ""),
            ("link1", ""),
            ("link2", ""),
            ("link3", ""),
            ("link4", ""),
        ],
    ),
    ("/settings/profile/picture", &[]),
    ("/settings/profile/picture/remove", &[]),
    ("/settings/notifications", &[("rhythm", "weekly")]),
    ("/settings/account/email", &[("email", "new@kith.example")]),
    ("/settings/account/username", &[("username", "turing")]),
    ("/settings/account/export", &[]),
    ("/settings/account/delete", &[("username_again", "alan")]),
    ("/settings/security/password", &[("new_password", "seven green umbrellas dance")]),
    ("/settings/security/password/remove", &[]),
    ("/settings/devices/others/end", &[]),
    ("/settings/devices/all/end", &[]),
    ("/settings/devices/{device}/end", &[]),
    ("/settings/connections/{provider}/unlink", &[]),
    ("/elevate", &[("current_password", PASSWORD)]),
    ("/elevate/send", &[]),
];

/// Forms that are not tried, and the reason.
const NOT_TRIED: [(&str, &str); 5] = [
    ("/elevate/with/{provider}", "leads to a provider, and back to a request of its own"),
    ("/settings/connections/{provider}/link", "leads to a provider, and back to a request of its own"),
    ("/settings/connections/{provider}/refresh", "leads to a provider, and back to a request of its own"),
    ("/elevate/code", "as `/elevate`, with a code"),
    ("/settings/account/email/verify", "as `/settings/account/email`, with a code"),
];

const FUNCTIONS: [(&str, Fields); 4] = [
    ("/api/create_post", &[("body", "hello")]),
    ("/api/edit_post", &[("post", "{id}"), ("body", "other words")]),
    ("/api/set_like", &[("post", "{id}"), ("like", "true")]),
    ("/api/set_follow", &[("username", "ada"), ("follow", "true")]),
];

/// The data and actions of the user, as one text.
const STATE: &str = "
    select concat_ws(' / ',
        (select to_jsonb(u) from users u where username = 'alan'), (select count(*) from likes),
        (select jsonb_agg(p order by p.id) from posts p), (select count(*) from follows),
        (select jsonb_agg(n order by n.id) from notifications n), (select count(*) from email_codes),
        (select jsonb_agg(p order by p.user_id) from passwords p), (select count(*) from identities),
        (select count(*) from audit_events where kind <> 'signed_in'), (select count(*) from jobs)
    )";

async fn state(pool: &PgPool) -> String {
    sqlx::query_scalar(STATE).fetch_one(pool).await.unwrap()
}

#[test]
fn every_form_for_signed_in_users_is_tested() {
    let known = |path: &str| {
        CHANGES.iter().any(|(tried, _)| *tried == path) || NOT_TRIED.iter().any(|(other, _)| *other == path)
    };
    let doors = app::routes::doors().list;
    let forms = doors.iter().filter(|door| door.method == Method::POST && door.guard != Guard::Anyone);
    let missing: Vec<&str> = forms.map(|door| door.path).filter(|path| !known(path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let functions = server_fn::axum::server_fn_paths().map(|(path, _)| path);
    let missing: Vec<&str> = functions.filter(|path| FUNCTIONS.iter().all(|(tried, _)| tried != path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Sends a form while another transaction ends all sessions, which then commits.
async fn send_while_session_ends(site: &Site, browser: &Browser, path: String, fields: Vec<(&str, String)>) -> Answer {
    let mut tx = site.server.begin().await.unwrap();
    sqlx::query("delete from sessions").execute(&mut *tx).await.unwrap();
    let mut browser = browser.clone();
    let fields: Vec<(String, String)> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let request = tokio::spawn(async move {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        match path.as_str() {
            "/settings/profile/picture" => browser.send_file(&path, "picture", &Picture::Usual.bytes(1)).await,
            path => browser.post(path, &fields).await,
        }
    });
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    for _ in 0..250 {
        if request.is_finished() || site.count(waits).await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tx.commit().await.unwrap();
    request.await.unwrap()
}

#[sqlx::test]
async fn forms_change_nothing_after_their_session_ends(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (own, other) = (site.post("alan", "mine").await, site.post("ada", "hers").await);
    site.sql(
        "insert into notifications (user_id, actor_id, kind, post_id)
         select a.id, b.id, 'follow', null from users a, users b where (a.username, b.username) = ('alan', 'ada');
         insert into identities (user_id, provider, issuer, subject)
         select id, 'github', 'https://github.com', '1' from users where username = 'alan'",
    )
    .await;
    let notification = site.count("select id from notifications").await;
    for (path, fields) in CHANGES.into_iter().chain(FUNCTIONS) {
        let alan = site.signed_in("alan").await;
        let id = match path {
            "/posts/{id}/edit" | "/posts/{id}/delete" | "/api/edit_post" => own,
            "/notifications/{id}/read" => notification,
            _ => other,
        };
        let filled = |text: &str| {
            let text =
                text.replace("{id}", &id.to_string()).replace("{handle}", "@ada").replace("{provider}", "github");
            text.replace("{device}", "00000000-0000-0000-0000-000000000000")
        };
        let fields = fields.iter().map(|(name, value)| (*name, filled(value))).collect();
        let before = state(&pool).await;
        let answer = send_while_session_ends(&site, &alan, filled(path), fields).await;
        // Forms with text answer with a page that returns the text.
        let refused = answer.status == StatusCode::UNAUTHORIZED || answer.location().starts_with("/sign-in?next=");
        assert!(refused, "{path}: {} {} {}", answer.status, answer.location(), answer.body);
        assert_eq!(state(&pool).await, before, "{path}");
        site.reset_limits().await;
    }
}
