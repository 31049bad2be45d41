//! One-time secrets of OAuth sign-in, used fifty times at the same moment on two instances of the server (H20, M11):
//! one use wins, one thing changes.

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::{Email, cast};

use super::{
    World,
    world::{choose, come_back},
};
use crate::tests::{Answer, Browser, PASSWORD, Site, support::site::as_served};

const ROUNDS: usize = 20;
const USES: usize = 50;

/// Two instances of the server, which know the same GitHub.
struct Copies {
    world: World,
    second: Site,
}

impl Copies {
    async fn new(pool: &PgPool) -> Self {
        let world = World::with_cast(&as_served(pool, 12)).await;
        let second = world.copy(&as_served(pool, 12));
        Self { world, second }
    }

    /// Runs the same action in fifty tabs of one browser at once. One of them wins, as `won` decides; the others get no
    /// session.
    async fn race<F>(&self, browser: &Browser, act: impl Fn(Browser) -> F, won: impl Fn(&Answer) -> bool)
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let tabs = (0..USES).map(|n| {
            let tab = browser.clone().on([&self.world.site, &self.second][n % 2]).at(&format!("198.51.100.{n}"));
            tokio::spawn(act(tab))
        });
        let mut winners = 0;
        for tab in tabs.collect::<Vec<_>>() {
            let answer = tab.await.unwrap();
            if won(&answer) {
                winners += 1;
                continue;
            }
            assert!(!enters(&answer), "a second session");
            let busy = answer.status == StatusCode::SERVICE_UNAVAILABLE && !answer.header("retry-after").is_empty();
            let told = answer.status.is_client_error() || answer.flash().ends_with("-gone");
            assert!(told || busy, "{} {} {}", answer.status, answer.location(), answer.body);
        }
        assert_eq!(winners, 1);
        self.world.site.reset_limits().await;
    }

    /// A user came from GitHub, and a code was sent to an address.
    async fn arrived(&self, person: u64, address: &str) -> (Browser, String) {
        let mut browser = self.world.browser();
        assert_eq!(self.world.come_in(&mut browser, person).await.location(), "/sign-up/provider");
        let sent = browser.post("/sign-up/provider/send", &[("email", address)]).await;
        assert_eq!(sent.location(), "/sign-up/provider/code", "{}", sent.body);
        let code = self.world.site.code_to(address).await;
        (browser, code)
    }

    async fn count(&self, sql: &str) -> i64 {
        self.world.site.count(sql).await
    }
}

fn enters(answer: &Answer) -> bool {
    answer.set_cookies().iter().any(|line| line.starts_with("__Host-id=") && !line.contains("Max-Age=0"))
}

const SESSIONS: &str = "select count(*) from sessions where user_id is not null";

// H20.
#[sqlx::test]
async fn a_state_signs_in_once_under_concurrent_use(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    copies.world.join(cast::MONA, "mona", "mona@example.org").await;
    for _ in 0..ROUNDS {
        copies.world.site.sql("delete from sessions").await;
        let mut browser = copies.world.browser();
        let url = copies.world.set_out(&mut browser).await;
        let back = copies.world.github.approve(&url, cast::MONA);
        let act = |mut tab: Browser| {
            let back = back.clone();
            async move { come_back(&mut tab, &back).await }
        };
        copies.race(&browser, act, enters).await;
        assert_eq!(copies.count(SESSIONS).await, 1);
    }
}

// H20.
#[sqlx::test]
async fn a_new_address_code_works_once_under_concurrent_use(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        let address = format!("new{round}@kith.example");
        let (browser, code) = copies.arrived(cast::MALLORY, &address).await;
        let act = |mut tab: Browser| {
            let code = code.clone();
            async move { tab.post("/sign-up/provider/code", &[("code", &code)]).await }
        };
        copies.race(&browser, act, |answer| answer.location() == "/sign-up/provider?restarted=true").await;
        assert_eq!((copies.count(SESSIONS).await, copies.count("select count(*) from email_codes").await), (0, 0));
    }
}

// H20.
#[sqlx::test]
async fn an_existing_account_code_links_once_under_concurrent_use(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for _ in 0..ROUNDS {
        copies.world.site.sql("delete from sessions; delete from identities").await;
        let (browser, code) = copies.arrived(cast::ADA, "ada@kith.example").await;
        let act = |mut tab: Browser| {
            let code = code.clone();
            async move { tab.post("/sign-up/provider/code", &[("code", &code)]).await }
        };
        copies.race(&browser, act, enters).await;
        assert_eq!(copies.count(SESSIONS).await, 1);
        assert_eq!(copies.count("select count(*) from identities").await, 1);
    }
    let linked = "select count(*) from audit_events where kind = 'identity_linked'";
    assert_eq!(copies.count(linked).await, i64::try_from(ROUNDS).unwrap());
}

// H20.
#[sqlx::test]
async fn a_pending_sign_up_completes_once_under_concurrent_use(pool: PgPool) {
    let copies = Copies::new(&pool).await;
    for round in 0..ROUNDS {
        copies.world.site.sql("delete from sessions; delete from identities").await;
        let mut browser = copies.world.browser();
        // By the password of the account it belongs to, or by creating an account.
        if round % 2 == 0 {
            copies.world.come_in(&mut browser, cast::ADA).await;
            let act = |mut tab: Browser| async move {
                tab.post("/sign-up/provider/password", &[("password", PASSWORD)]).await
            };
            copies.race(&browser, act, enters).await;
        } else {
            let address = format!("mona{round}@example.org");
            copies.world.github.change(cast::MONA, |mona| mona.emails = vec![Email::primary(&address)]);
            copies.world.come_in(&mut browser, cast::MONA).await;
            let act = |mut tab: Browser| {
                let address = address.clone();
                async move { choose(&mut tab, &format!("mona_{round}"), &address).await }
            };
            copies.race(&browser, act, enters).await;
        }
        assert_eq!(copies.count(SESSIONS).await, 1);
        assert_eq!(copies.count("select count(*) from identities").await, 1);
    }
    assert_eq!(copies.count("select count(*) from users").await, 5 + i64::try_from(ROUNDS).unwrap() / 2);
}
