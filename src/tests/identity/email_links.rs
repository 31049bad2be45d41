//! The pages of e-mail links: their forms act on the link of the page, whichever link was opened since.

use http::StatusCode;
use server::{
    accounts::invite,
    identity::users::{Email, Role, Username},
};
use sqlx::PgPool;

use crate::tests::{Answer, Browser, Site, identity::recovery::link_to};

const NEW: &str = "seven green umbrellas sing";
const OTHER_LINK: &str = "You have opened another link since";

/// Two links of each kind, for alan and for barbara.
async fn two_links(site: &Site, path: &str) -> [String; 2] {
    let mut tokens = Vec::new();
    for name in ["alan", "barbara"] {
        let address = format!("{name}@kith.example");
        match path {
            "/reset-password" => {
                site.browser().post("/forgot-password", &[("email", &address)]).await;
            }
            "/undo-email" => {
                let mut intruder = site.signed_in(name).await;
                let new = format!("{name}@evil.example");
                intruder.post("/settings/account/email", &[("email", &new)]).await;
                let code = site.code_to(&new).await;
                intruder.post("/settings/account/email/verify", &[("code", &code)]).await;
            }
            _ => {
                site.signed_in(name).await;
                site.sql("delete from jobs").await;
                let mut second = site.browser();
                second.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1".to_owned();
                second.sign_in(name).await;
            }
        }
        tokens.push(link_to(site, &address, path).await);
    }
    tokens.try_into().unwrap()
}

async fn open(browser: &mut Browser, path: &str, token: &str) -> Answer {
    assert_eq!(browser.get(&format!("{path}?token={token}")).await.location(), path);
    browser.get(path).await
}

/// Returns the fields that a page's form sends for a link.
fn fields<'a>(path: &str, link: &'a str) -> Vec<(&'static str, &'a str)> {
    let password = (path == "/reset-password").then_some(("new_password", NEW));
    password.into_iter().chain([("link", link)]).collect()
}

/// Returns the state that the links could change.
async fn state(pool: &PgPool) -> String {
    let sql = "select concat_ws(' / ', (select jsonb_agg(p order by user_id) from passwords p),
        (select jsonb_agg(email order by id) from users), (select count(*) from sessions where user_id is not null),
        (select count(*) from email_links where used_at is null))";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[sqlx::test]
async fn a_form_acts_only_on_its_own_link(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for path in ["/reset-password", "/undo-email", "/end-session"] {
        let [first, second] = two_links(&site, path).await;
        let mut browser = site.browser();
        let page = open(&mut browser, path, &first).await;
        assert!(page.body.contains("@alan") && !page.body.contains("@barbara"), "{path}: {}", page.body);
        let link = browser.hidden_field(path, "link").await.unwrap();
        let page = open(&mut browser, path, &second).await;
        assert!(page.body.contains("@barbara") && !page.body.contains("@alan"), "{path}: {}", page.body);
        assert!(!page.body.contains(&first) && !page.body.contains(&second), "no token is on the page");

        let before = state(&pool).await;
        for stale in [link.as_str(), "", "nonsense"] {
            let answer = browser.post(path, &fields(path, stale)).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{path} {stale}");
            let says = answer.body.contains(OTHER_LINK) && answer.body.contains("@barbara");
            assert!(says && !answer.body.contains("@alan") && !answer.body.contains(NEW), "{path}: {}", answer.body);
            assert_eq!(state(&pool).await, before, "{path} {stale}");
        }
        // The page that is shown again works, and the first link still works after it is opened again.
        for token in [&second, &first] {
            open(&mut browser, path, token).await;
            let link = browser.hidden_field(path, "link").await.unwrap();
            let done = browser.post(path, &fields(path, &link)).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{path}: {}", done.body);
            assert!(!done.flash().contains("gone"), "{path}: {}", done.flash());
        }
        site.sql("delete from limits; delete from jobs; delete from email_links; delete from known_browsers").await;
        site.sql(
            "update users set email = username || '@kith.example';
             insert into passwords (user_id, hash) select u.id, p.hash from users u, passwords p
             join users a on a.id = p.user_id where a.username = 'ada' on conflict (user_id) do update set hash = excluded.hash;
             delete from sessions",
        )
        .await;
    }
}

#[sqlx::test]
async fn the_page_that_ends_a_session_names_the_device(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.signed_in("alan").await;
    let mut stranger = site.browser().at("198.51.100.9");
    stranger.agent = "Mozilla/5.0 (Linux; Android 16; Pixel 10; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/150.0.0.0 Mobile Safari/537.36".to_owned();
    stranger.sign_in("alan").await;
    let token = link_to(&site, "alan@kith.example", "/end-session").await;
    let mut mailbox = site.browser();
    let page = open(&mut mailbox, "/end-session", &token).await;
    for words in ["In-app browser on Android", "198.51.100.9", "@alan", "just now"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert_eq!(stranger.post("/sign-out", &[]).await.flash(), "signed-out");
    let page = mailbox.get("/end-session").await;
    assert!(page.body.contains("no longer signed in to") && !page.body.contains("198.51.100.9"), "{}", page.body);
    assert_eq!(mailbox.post("/end-session", &[]).await.flash(), "session-ended");
}

#[sqlx::test]
async fn the_page_that_undoes_a_change_names_account_and_address(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let [token, _] = two_links(&site, "/undo-email").await;
    let mut mailbox = site.browser();
    let page = open(&mut mailbox, "/undo-email", &token).await;
    assert!(page.body.contains("@alan") && page.body.contains("alan@kith.example"), "{}", page.body);
}

#[sqlx::test]
async fn an_invitation_refuses_the_form_of_another_invitation(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut browser = site.browser();
    let mut open = async |name: &str| {
        let email = Email::parse(&format!("{name}@kith.example")).unwrap();
        let token = invite(&site.server, &email, &Username::parse(name).unwrap(), Role::Member).await.unwrap();
        browser.get(&format!("/sign-up/invitation?token={}", token.text())).await;
        let page = browser.get("/sign-up/finish").await;
        assert!(page.body.contains(&format!("@{name}")), "{}", page.body);
        browser.clone()
    };
    let (mut first, mut second) = (open("turing").await, open("hopper").await);
    let link = first.hidden_field("/sign-up/finish", "link").await.unwrap();
    for stale in [link.as_str(), ""] {
        let answer = second.post("/sign-up/finish", &[("password", NEW), ("link", stale)]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.body.contains(OTHER_LINK) && answer.body.contains("@hopper"), "{}", answer.body);
    }
    assert_eq!(site.count("select count(*) from users where username in ('turing', 'hopper')").await, 0);
    assert_eq!(second.post("/sign-up/finish", &[("password", NEW)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(second.who().await.as_deref(), Some("hopper"));
}
