//! Many users at once on two instances of the server: they like, follow, post, reply, edit and delete their posts and
//! delete their accounts, while the sweeper renders. Afterwards every count equals its rows, and no user saw an error.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Browser, Site, support::site::as_served};

/// Every count compared with its rows: the number of wrong ones.
const WRONG: [(&str, &str); 5] = [
    ("likes", "select count(*) from posts p where like_count <> (select count(*) from likes l where l.post_id = p.id)"),
    (
        "replies",
        "select count(*) from posts p where reply_count <>
            (select count(*) from posts r where r.parent_id = p.id and r.deleted_at is null)",
    ),
    (
        "posts",
        "select count(*) from profile_counts c where posts <> (
            select count(*) from posts p
            where p.author_id = c.user_id and p.parent_id is null and p.deleted_at is null
        )",
    ),
    (
        "follows",
        "select count(*) from profile_counts c where
            followers <> (select count(*) from follows f where f.followee_id = c.user_id)
            or following <> (select count(*) from follows f where f.follower_id = c.user_id)",
    ),
    (
        "people",
        "select (select count(*) from users) - (select count(*) from profile_counts)
            + (select count(*) from likes l join posts p on p.id = l.post_id where p.deleted_at is not null)",
    ),
];

/// A pseudo-random sequence of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Two instances of the server on one database, and the browsers of many users.
struct Storm {
    copies: [Site; 2],
    crowd: Vec<Browser>,
    dice: Dice,
}

type Form = (String, Vec<(&'static str, String)>);

impl Storm {
    async fn new(pool: &PgPool, people: i32, seed: u64) -> Self {
        let copies = [Site::new(&as_served(pool, 20)), Site::new(&as_served(pool, 20))];
        copies[0].add_users("ann", people).await;
        let mut crowd = Vec::new();
        for n in 0..people {
            let mut browser = copies[0].browser().at(&format!("198.51.100.{n}"));
            browser.sign_in(&format!("ann{n:03}")).await;
            crowd.push(browser);
        }
        Self { copies, crowd, dice: Dice(seed) }
    }

    fn site(&self) -> &Site {
        &self.copies[0]
    }

    /// Sends all of them at once, each from its browser, to either instance; then checks every count.
    async fn at_once(&self, forms: Vec<(usize, Form)>, round: usize) {
        self.site().reset_limits().await;
        let mut tasks = Vec::new();
        for (n, (who, (path, fields))) in forms.into_iter().enumerate() {
            let mut browser = self.crowd[who].clone().on(&self.copies[n % 2]);
            tasks.push(tokio::spawn(async move {
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let mut answer = browser.post(&path, &fields).await;
                // On a busy machine one may wait too long for a lock. Then nothing was changed, and the client should
                // retry.
                for _ in 0..3 {
                    if answer.status == StatusCode::SERVICE_UNAVAILABLE {
                        answer = browser.post(&path, &fields).await;
                    }
                }
                // The post may be deleted by now (a race); so may the user's own account, and then the page returns
                // their text.
                let fine = [StatusCode::SEE_OTHER, StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED];
                let fine = fine.contains(&answer.status);
                assert!(fine, "round {round}: {path} {fields:?} is answered {}", answer.status);
            }));
        }
        for copy in &self.copies {
            let server = copy.server.clone();
            tasks.push(tokio::spawn(async move {
                // As the sweeper does: until nothing is left, and for a while despite any error.
                let mut tries = 0..9;
                while tries.next().is_some() && server::social::posts::render_missing(&server).await.ok() != Some(0) {}
            }));
            let copy = copy.clone();
            tasks.push(tokio::spawn(async move {
                for _ in 0..20 {
                    copy.continue_deletions().await;
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        for (what, sql) in WRONG {
            assert_eq!(self.site().count(sql).await, 0, "{what} in round {round}");
        }
    }

    /// Makes every post look as if an older instance of the server had written it: all of them need rendering.
    async fn forget_html(&self) {
        self.site().sql("update posts set html = null where deleted_at is null").await;
    }

    /// Asserts that there was no deadlock. Connections report theirs when they end.
    async fn end(self, pool: &PgPool) {
        for copy in &self.copies {
            copy.server.db().close().await;
        }
        let sql = "select deadlocks from pg_stat_database where datname = current_database()";
        let deadlocks: i64 = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
        assert_eq!(deadlocks, 0, "deadlocks");
    }

    async fn ids(&self) -> Vec<(i64, i64)> {
        let sql = "select p.id, right(u.username, 3)::bigint from posts p join users u on u.id = p.author_id
            where u.deleted_at is null order by p.id";
        sqlx::query_as(sql).fetch_all(self.site().server.db()).await.unwrap()
    }

    /// Returns a random action of a random user, on one of few posts and users, so that they meet.
    fn something(&mut self, posts: &[(i64, i64)]) -> (usize, Form) {
        let who = self.dice.below(self.crowd.len());
        let (post, author) = posts[self.dice.below(posts.len())];
        // A user cannot follow themselves.
        let whom = (who + 1 + self.dice.below(self.crowd.len() - 1)) % self.crowd.len();
        let yes = ["true", "false"][self.dice.below(2)].to_owned();
        let words = format!("something for @ann{whom:03} and @ann{who:03} #storm{}", self.dice.below(9));
        match self.dice.below(11) {
            10 => (author as usize, (format!("/posts/{post}/edit"), vec![("body", words)])),
            0..=2 => (who, (format!("/posts/{post}/like"), vec![("like", yes)])),
            3..=4 => (who, (format!("/@ann{whom:03}/follow"), vec![("follow", yes)])),
            5 => (who, ("/posts".to_owned(), vec![("body", words)])),
            6..=8 => (who, (format!("/posts/{post}/replies"), vec![("body", words)])),
            _ => (author as usize, (format!("/posts/{post}/delete"), vec![])),
        }
    }
}

#[sqlx::test]
async fn counts_match_rows_after_concurrent_changes(pool: PgPool) {
    let mut storm = Storm::new(&pool, 12, 7).await;
    for n in 0..6 {
        storm.site().post(&format!("ann{n:03}"), "a beginning").await;
    }
    for round in 0..12 {
        let mut posts = storm.ids().await;
        // The newest, so that many meet at each.
        posts.drain(..posts.len().saturating_sub(14));
        let forms = (0..120).map(|_| storm.something(&posts)).collect();
        storm.at_once(forms, round).await;
        storm.site().post("ann000", "another beginning").await;
    }
    storm.end(&pool).await;
}

#[sqlx::test]
async fn counts_match_rows_after_concurrent_account_deletions(pool: PgPool) {
    let mut storm = Storm::new(&pool, 16, 11).await;
    for n in 0..16 {
        storm.site().post(&format!("ann{n:03}"), "a beginning").await;
    }
    // Two at a time delete their accounts, until four are left; in a calmer moment before, they create the data that is
    // deleted with them.
    for round in 0..6 {
        let leaving = storm.crowd.len() - 2;
        for farewell in [false, true] {
            let mut posts = storm.ids().await;
            posts.drain(..posts.len().saturating_sub(20));
            let mut forms: Vec<_> = (0..60).map(|_| storm.something(&posts)).collect();
            for who in [leaving, leaving + 1].into_iter().filter(|_| farewell) {
                let again = vec![("username_again", format!("ann{who:03}"))];
                forms.insert(forms.len() / 2, (who, ("/settings/account/delete".to_owned(), again)));
            }
            storm.at_once(forms, round).await;
        }
        storm.crowd.truncate(leaving);
    }
    storm.site().finish_deletions().await;
    assert_eq!(storm.site().count("select count(*) from users").await, 4);
    // Two users who delete their accounts at once and have notified each other may deadlock: one of them retries.
}

#[sqlx::test]
async fn account_deletions_under_load_cause_no_deadlock(pool: PgPool) {
    let mut storm = Storm::new(&pool, 14, 23).await;
    for n in 0..14 {
        storm.site().post(&format!("ann{n:03}"), "a beginning").await;
    }
    for round in 0..10 {
        let leaving = storm.crowd.len() - 1;
        for farewell in [false, true] {
            let mut posts = storm.ids().await;
            posts.drain(..posts.len().saturating_sub(16));
            // Every user likes every post, and the texts mention the user who is about to leave.
            let name = format!("ann{leaving:03}");
            storm.forget_html().await;
            let mut forms: Vec<_> = (0..40).map(|_| storm.something(&posts)).collect();
            for who in 0..=leaving {
                let (post, author) = posts[storm.dice.below(posts.len())];
                let like = vec![("like", (!farewell).to_string())];
                forms.push((who, (format!("/posts/{post}/like"), like)));
                let words = vec![("body", format!("see you, @{name} and @ann{who:03}, {round} {farewell}"))];
                forms.push((author as usize, (format!("/posts/{post}/edit"), words)));
            }
            if farewell {
                let again = vec![("username_again", name.clone())];
                forms.insert(forms.len() / 2, (leaving, ("/settings/account/delete".to_owned(), again)));
            }
            storm.at_once(forms, round).await;
        }
        storm.crowd.truncate(leaving);
    }
    storm.site().finish_deletions().await;
    assert_eq!(storm.site().count("select count(*) from users").await, 4);
    storm.end(&pool).await;
}
