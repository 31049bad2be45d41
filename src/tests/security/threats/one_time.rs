//! Every one-time secret, used fifty times at the same moment on two instances of the server (H20, M11): one use wins,
//! one thing changes, and each of the others gets an error.

use http::StatusCode;
use sqlx::PgPool;

use super::{Answer, Browser, PASSWORD, Site, recovery::link_to, site::as_served};

const ROUNDS: i64 = 20;
const USES: usize = 50;
const NEW: &str = "seven green umbrellas sing";

/// The messages for a use that came too late.
const TOLD: [&str; 6] =
    ["sign-up-gone", "have-account", "code-gone", "link-gone", "undo-link-gone", "session-link-gone"];

/// Two instances of the server on one database, each with as many connections as a race needs.
struct Copies([Site; 2]);

impl Copies {
    /// Creates them with a user for each round: `ann000`, `ann001` …
    async fn new(pool: &PgPool) -> Self {
        let copies = [Site::new(&as_served(pool, 12)), Site::new(&as_served(pool, 12))];
        copies[0].add_users("ann", i32::try_from(ROUNDS).unwrap()).await;
        Self(copies)
    }

    fn site(&self) -> &Site {
        &self.0[0]
    }

    /// Sends the same form from fifty tabs of one browser at once, each from its own address, so that no limit by
    /// address decides instead. `won` recognises the winning answer, which is returned. If passwords are hashed
    /// (`hashes`), some answers may be that the queue is full.
    async fn race(
        &self,
        browser: &Browser,
        (path, fields): (&'static str, &[(&'static str, &str)]),
        hashes: bool,
        won: impl Fn(&Answer) -> bool,
    ) -> Answer {
        let fields: Vec<(&'static str, String)> = fields.iter().map(|(name, value)| (*name, (*value).into())).collect();
        let uses = (0..USES).map(|n| {
            let mut tab = browser.clone().on(&self.0[n % 2]).at(&format!("198.51.100.{n}"));
            let fields = fields.clone();
            tokio::spawn(async move {
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                tab.post(path, &fields).await
            })
        });
        let (mut winners, mut losers) = (Vec::new(), Vec::new());
        for task in uses.collect::<Vec<_>>() {
            let answer = task.await.unwrap();
            if won(&answer) { winners.push(answer) } else { losers.push(answer) }
        }
        for loser in losers {
            let told = TOLD.contains(&loser.flash()) || loser.location().starts_with("/sign-in?next=");
            let busy = hashes && loser.status == StatusCode::SERVICE_UNAVAILABLE;
            let refused = loser.status.is_client_error() && loser.status != StatusCode::NOT_FOUND;
            assert!(refused || told || busy, "{} {} {}", loser.status, loser.location(), loser.body);
            let cookies = loser.set_cookies();
            assert!(
                !cookies.iter().any(|line| line.starts_with("__Host-id=") && !line.contains("Max-Age=0")),
                "{path}"
            );
        }
        assert_eq!(winners.len(), 1, "winners at {path}");
        self.site().reset_limits().await;
        winners.remove(0)
    }

    /// Returns the number of a user's sessions.
    async fn sessions_of(&self, name: &str) -> i64 {
        let sql = "select count(*) from sessions s join users u on u.id = s.user_id where username";
        self.site().count(&format!("{sql} = '{name}'")).await
    }

    /// Returns the number of a user's audit events of a kind.
    async fn happened(&self, kind: &str, name: &str) -> i64 {
        let sql = "select count(*) from audit_events a join users u on u.id = a.user_id where";
        self.site().count(&format!("{sql} username = '{name}' and kind = '{kind}'")).await
    }
}

fn person(round: i64) -> (String, String) {
    let name = format!("ann{round:03}");
    let address = format!("{name}@kith.example");
    (name, address)
}

/// Returns true for the response that gives the browser a session.
fn enters(answer: &Answer) -> bool {
    answer.set_cookies().iter().any(|line| line.starts_with("__Host-id=") && !line.contains("Max-Age=0"))
}

// H20.
#[sqlx::test]
async fn a_sign_up_code_works_only_once(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        let (name, address) = (format!("new{round:03}"), format!("new{round:03}@kith.example"));
        let mut browser = copies.site().browser();
        let fields = [("email", address.as_str()), ("username", &name), ("password", NEW)];
        assert_eq!(browser.post("/sign-up", &fields).await.location(), "/sign-up/verify");
        let code = copies.site().code_to(&address).await;
        copies.race(&browser, ("/sign-up/verify", &[("code", &code)]), false, enters).await;
        assert_eq!(copies.sessions_of(&name).await, 1);
        assert_eq!(copies.happened("signed_up", &name).await, 1);
    }
    assert_eq!(copies.site().count("select count(*) from users").await, 2 * ROUNDS);
}

// H20.
#[sqlx::test]
async fn a_sign_in_code_works_only_once(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        let (name, address) = person(round);
        let mut browser = copies.site().browser();
        browser.post("/sign-in/code/send", &[("email", &address)]).await;
        let code = copies.site().code_to(&address).await;
        copies.race(&browser, ("/sign-in/code", &[("code", &code)]), false, enters).await;
        assert_eq!(copies.sessions_of(&name).await, 1);
        assert_eq!(copies.happened("signed_in", &name).await, 1);
    }
}

// H20.
#[sqlx::test]
async fn an_elevation_code_works_only_once(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        let (name, address) = person(round);
        let mut browser = copies.site().signed_in(&name).await;
        copies.site().unelevate().await;
        browser.post("/elevate/send", &[("next", "/")]).await;
        let code = copies.site().code_to(&address).await;
        let won = copies.race(&browser, ("/elevate/code", &[("code", &code)]), false, enters).await;
        assert_eq!(copies.sessions_of(&name).await, 1);
        assert_eq!(copies.happened("elevated", &name).await, 1);
        assert_eq!(browser.who().await, None, "the id before is dead");
        browser.keep(&won);
        assert_eq!(browser.who().await, Some(name));
    }
}

// H20.
#[sqlx::test]
async fn an_email_change_code_works_only_once(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        let (name, _) = person(round);
        let new = format!("new{round}@kith.example");
        let mut browser = copies.site().signed_in(&name).await;
        browser.post("/settings/account/email", &[("email", &new)]).await;
        let code = copies.site().code_to(&new).await;
        let changed = |answer: &Answer| answer.flash() == "email-changed";
        copies.race(&browser, ("/settings/account/email/verify", &[("code", &code)]), false, changed).await;
        assert_eq!(copies.happened("email_changed", &name).await, 1);
        assert_eq!(copies.site().count("select count(*) from jobs where kind = 'undo_link'").await, round + 1);
        assert_eq!(browser.who().await, Some(name));
    }
}

// H20.
#[sqlx::test]
async fn a_password_reset_link_works_only_once(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        let (name, address) = person(round);
        let mut browser = copies.site().browser();
        browser.post("/forgot-password", &[("email", &address)]).await;
        let token = link_to(copies.site(), &address, "/reset-password").await;
        browser.get(&format!("/reset-password?token={token}")).await;
        copies.race(&browser, ("/reset-password", &[("new_password", NEW)]), true, enters).await;
        assert_eq!(copies.sessions_of(&name).await, 1);
        assert_eq!(copies.happened("password_reset", &name).await, 1);
    }
}

// H20.
#[sqlx::test]
async fn an_undo_link_works_only_once(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        let (name, address) = person(round);
        let new = format!("new{round}@kith.example");
        let mut browser = copies.site().signed_in(&name).await;
        browser.post("/settings/account/email", &[("email", &new)]).await;
        let code = copies.site().code_to(&new).await;
        browser.post("/settings/account/email/verify", &[("code", &code)]).await;
        let token = link_to(copies.site(), &address, "/undo-email").await;
        let mut mailbox = copies.site().browser();
        mailbox.get(&format!("/undo-email?token={token}")).await;
        copies.race(&mailbox, ("/undo-email", &[]), false, |answer| answer.flash() == "email-restored").await;
        assert_eq!(copies.happened("email_restored", &name).await, 1);
        assert_eq!(copies.sessions_of(&name).await, 0);
        assert_eq!(copies.site().count("select count(*) from users where email not like 'ann%'").await, 0);
    }
}

// H20.
#[sqlx::test]
async fn an_end_session_link_works_only_once(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        let (name, address) = person(round);
        let mut owner = copies.site().signed_in(&name).await;
        let mut thief = copies.site().signed_in(&name).await;
        let token = link_to(copies.site(), &address, "/end-session").await;
        let mut mailbox = copies.site().browser();
        mailbox.get(&format!("/end-session?token={token}")).await;
        copies.race(&mailbox, ("/end-session", &[]), false, |answer| answer.flash() == "session-ended").await;
        assert_eq!(copies.happened("device_ended", &name).await, 1);
        assert_eq!((owner.who().await, thief.who().await), (Some(name), None));
    }
}

// H20.
#[sqlx::test]
async fn an_invitation_works_only_once(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        let name = format!("boss{round}");
        let email = server::identity::users::Email::parse(&format!("{name}@kith.example")).unwrap();
        let username = server::identity::users::Username::parse(&name).unwrap();
        let role = server::identity::users::Role::Admin;
        let token = server::accounts::invite(&copies.site().server, &email, &username, role).await.unwrap();
        let mut browser = copies.site().browser();
        browser.get(&format!("/sign-up/invitation?token={}", token.text())).await;
        copies.race(&browser, ("/sign-up/finish", &[("password", NEW)]), true, enters).await;
        assert_eq!(copies.sessions_of(&name).await, 1);
        assert_eq!(copies.happened("signed_up", &name).await, 1);
    }
}

// H20.
#[sqlx::test]
async fn concurrent_password_elevation_renews_the_session_once(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    let browser = copies.site().signed_in("ann000").await;
    copies.race(&browser, ("/elevate", &[("current_password", PASSWORD)]), true, enters).await;
    assert_eq!(copies.sessions_of("ann000").await, 1);
}
