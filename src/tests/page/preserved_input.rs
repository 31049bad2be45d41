//! Text of a user is never lost: after any failure, the response still holds it.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Answer, Browser, Site, support::site::as_served};

const WORDS: &str = "an hour of thought </textarea>";
const SHOWN: &str = "an hour of thought &lt;/textarea&gt;";

fn once() -> String {
    server::base::id::Once::random().to_string()
}

fn is_kept(answer: &Answer, status: StatusCode, action: &str) {
    assert_eq!(answer.status, status, "{action}: {} {}", answer.location(), answer.body);
    assert!(answer.body.contains(SHOWN) && answer.body.contains(&format!("action=\"{action}\"")), "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// The fields of the profile form.
fn profile(bio: &str) -> [(&'static str, &str); 8] {
    [
        ("display_name", "Alan M."),
        ("pronouns", ""),
        ("place", "Ottery"),
        ("bio", bio),
        ("link1", "https://example.org"),
        ("link2", ""),
        ("link3", ""),
        ("link4", ""),
    ]
}

#[sqlx::test]
async fn signed_out_users_get_text_back_and_can_resend_it(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (root, own) = (site.post("ada", "a question").await, site.post("alan", "mine").await);
    let mut alan = site.signed_in("alan").await;
    for forgotten in [false, true] {
        site.sql("delete from sessions").await;
        if forgotten {
            alan.cookies.clear();
        }
        for (path, words) in [
            ("/posts".to_owned(), "your post"),
            (format!("/posts/{root}/replies"), "your reply"),
            (format!("/posts/{own}/edit"), "your post"),
        ] {
            let key = once();
            let with_key = [("body", WORDS), ("once", &key)];
            let fields = if path.ends_with("edit") { &with_key[..1] } else { &with_key };
            let answer = alan.post(&path, fields).await;
            is_kept(&answer, StatusCode::UNAUTHORIZED, &path);
            assert!(answer.body.contains("You are signed out") && answer.body.contains(words), "{}", answer.body);
            assert!(answer.body.contains("href=\"/sign-in\"") && answer.body.contains("target=\"_blank\""));
            assert!(path.ends_with("edit") || answer.body.contains(&key), "another try of the same form");
        }
        let answer = alan.post("/settings/profile", &profile(WORDS)).await;
        is_kept(&answer, StatusCode::UNAUTHORIZED, "/settings/profile");
        for typed in ["Alan M.", "Ottery", "https://example.org"] {
            assert!(answer.body.contains(typed), "{typed}");
        }
    }
    assert_eq!(site.count("select count(*) from posts where body like 'an hour%'").await, 0);
    // An empty text is not worth a page, and neither is a form that is not ours.
    for fields in [&[("body", " ")][..], &[("body", WORDS), ("role", "admin")], &[]] {
        assert!(site.browser().post("/posts", fields).await.location().starts_with("/sign-in?next="));
    }
    alan.sign_in("alan").await;
    assert_eq!(alan.post("/posts", &[("body", WORDS)]).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn a_reply_to_a_deleted_post_can_be_posted_separately(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("ada", "a question").await;
    let mut alan = site.signed_in("alan").await;
    let own = site.post("alan", "mine").await;
    site.sql("delete from posts").await;
    let key = once();
    let answer = alan.post(&format!("/posts/{root}/replies"), &[("body", WORDS), ("once", &key)]).await;
    is_kept(&answer, StatusCode::NOT_FOUND, "/posts");
    assert!(answer.body.contains("taken down while you wrote"), "{}", answer.body);
    // It is too long as well: the page it belongs to is gone all the same.
    let long = format!("{WORDS}{}", "x".repeat(1_000));
    is_kept(&alan.post(&format!("/posts/{root}/replies"), &[("body", &long)]).await, StatusCode::NOT_FOUND, "/posts");
    is_kept(&alan.post(&format!("/posts/{own}/edit"), &[("body", WORDS)]).await, StatusCode::NOT_FOUND, "/posts");
    assert_eq!(alan.post("/posts", &[("body", WORDS), ("once", &key)]).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn a_database_outage_preserves_the_text_of_forms(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("ada", "a question").await;
    let own = site.post("alan", "mine").await;
    let alan = site.signed_in("alan").await;
    let served = as_served(&pool, 4);
    let copy = alan.on(&Site::new(&served));
    let forms = ["/posts".to_owned(), format!("/posts/{root}/replies"), format!("/posts/{own}/edit")];
    // Another transaction locks the tables that the form would change; then those that tell who is signed in; then the
    // pool is closed.
    for held in ["posts, users in exclusive mode", "users in access exclusive mode", ""] {
        let mut lock = pool.begin().await.unwrap();
        match held {
            "" => served.close().await,
            held => {
                sqlx::raw_sql(&format!("lock table {held}")).execute(&mut *lock).await.unwrap();
            }
        }
        // All at once: each waits as long as the database allows.
        let tries = forms.clone().map(|path| tokio::spawn(sent(copy.clone(), path, held)));
        let mut last = copy.clone();
        let last = tokio::spawn(async move { last.post("/settings/profile", &profile(WORDS)).await });
        for one in tries {
            one.await.unwrap();
        }
        let answer = last.await.unwrap();
        is_kept(&answer, StatusCode::SERVICE_UNAVAILABLE, "/settings/profile");
        assert!(answer.body.contains("Ottery") && answer.body.contains("Alan M."));
        lock.rollback().await.unwrap();
    }
}

async fn sent(mut browser: Browser, path: String, held: &str) {
    let key = once();
    let with_key = [("body", WORDS), ("once", &*key)];
    let fields = if path.ends_with("edit") { &with_key[..1] } else { &with_key };
    let answer = browser.post(&path, fields).await;
    is_kept(&answer, StatusCode::SERVICE_UNAVAILABLE, &path);
    assert!(answer.header("retry-after").parse::<u64>().is_ok(), "{held}");
    assert!(path.ends_with("edit") || answer.body.contains(&key), "another try of the same form");
}
