//! Writing, reading and deleting posts.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::Site;

#[sqlx::test]
async fn posts_are_public_and_only_their_author_deletes_them(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let answer = alan.post("/posts", &[("body", "Hello, neighbours!")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(alan.get("/").await.body.contains("Hello, neighbours!"));
    let id = site.count("select id from posts").await;
    let path = format!("/posts/{id}");
    assert!(site.browser().get(&path).await.body.contains("Hello, neighbours!"));
    let mut barbara = site.signed_in("barbara").await;
    assert_eq!(barbara.post(&format!("{path}/delete"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alan.post(&format!("{path}/delete"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.browser().get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.count("select posts from profile_counts c join users u on u.id = c.user_id where username = 'alan'").await,
        0
    );
}

#[sqlx::test]
async fn refused_posts_preserve_their_text(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let long = "å".repeat(1_001);
    let answer = alan.post("/posts", &[("body", &long)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains(&long) && answer.body.contains("1 character too long"));
    assert_eq!(alan.post("/posts", &[("body", " \n ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(alan.post("/posts", &[("body", &"å".repeat(1_000))]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.count("select count(*) from posts").await, 1);
}

#[sqlx::test]
async fn overlong_texts_are_returned_in_the_form(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    // Three bytes each, and nine as a form sends them.
    let long = "字".repeat(20_000);
    for path in ["/posts".to_owned(), format!("/posts/{post}/replies"), format!("/posts/{post}/edit")] {
        let answer = alan.post(&path, &[("body", &long)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(answer.body.contains(&long) && answer.body.contains("19000 characters too long"), "{path}");
    }
    for (path, fields) in [
        ("/api/create_post", &[("body", &*long)][..]),
        ("/api/edit_post", &[("body", &long), ("post", &post.to_string())]),
    ] {
        let answer = alan.post(path, fields).await;
        assert_eq!((answer.status, &*answer.body), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"), "{path}");
    }
}

#[sqlx::test]
async fn a_reply_without_script_redirects_to_the_new_reply(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("ada", "a question").await;
    let mut alan = site.signed_in("alan").await;
    let path = format!("/posts/{root}/replies");
    for n in 1..=22 {
        let answer = alan.post(&path, &[("body", &format!("answer {n}."))]).await;
        let id = site.count("select max(id) from posts").await;
        let (page, place) = answer.location().split_once('#').expect("a place on a page");
        assert_eq!(place, format!("p{id}"));
        assert_eq!(page, format!("/posts/{}", if n <= 20 { root } else { id }), "{n}");
        let body = alan.get(page).await.body;
        assert!(body.contains(&format!("id=\"{place}\"")) && body.contains(&format!("answer {n}.")), "{n}");
        assert!(body.contains("a question"), "{n}: what it answers stands above it");
    }
}

#[sqlx::test]
async fn replies_appear_below_the_post_and_are_counted(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "a question").await;
    let mut barbara = site.signed_in("barbara").await;
    let path = format!("/posts/{post}/replies");
    assert_eq!(barbara.post(&path, &[("body", "an answer")]).await.status, StatusCode::SEE_OTHER);
    let page = barbara.get(&format!("/posts/{post}")).await.body;
    assert!(page.find("a question") < page.find("an answer"));
    assert_eq!(site.count("select reply_count from posts where parent_id is null").await, 1);
    assert!(!barbara.get("/").await.body.contains("an answer"), "the feed shows what began a conversation");
    assert_eq!(barbara.post("/posts/999/replies", &[("body", "to nobody")]).await.status, StatusCode::NOT_FOUND);
    let bad = barbara.post(&path, &[("body", "")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
}

// H36.
#[sqlx::test]
async fn html_in_user_text_is_escaped_on_every_page(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let evil = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>";
    site.sql(&format!(
        "update users set display_name = left($x${evil}$x$, 50), bio = $x${evil}$x$ where username = 'alan'"
    ))
    .await;
    let post = site.post("alan", evil).await;
    let mut browser = site.signed_in("alan").await;
    for path in
        ["/".to_owned(), "/following".into(), "/@alan".into(), format!("/posts/{post}"), "/settings/devices".into()]
    {
        let body = browser.get(&path).await.body;
        for bad in ["<script>alert", "<img src=x", "<svg/onload"] {
            assert!(!body.contains(bad), "{path}: {bad}");
        }
    }
    let typed = format!("{evil}{}", "x".repeat(1_000));
    let body = browser.post("/posts", &[("body", &typed)]).await.body;
    assert!(body.contains("&lt;/textarea&gt;") && !body.contains("<script>alert"), "in the text area too");
    for field in ["email", "username", "display_name"] {
        let body = site
            .browser()
            .post("/sign-up", &[("email", evil), ("username", evil), ("display_name", evil), ("password", "x")])
            .await
            .body;
        assert!(!body.contains("<script>alert"), "{field}");
    }
}

#[sqlx::test]
async fn posting_is_rate_limited_and_preserves_the_text(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let mut last = StatusCode::OK;
    for n in 0..200 {
        let answer = alan.post("/posts", &[("body", &format!("again {n}"))]).await;
        last = answer.status;
        if last == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.header("retry-after").parse::<u64>().is_ok());
            assert!(answer.body.contains(&format!("again {n}")), "the text is kept");
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

/// Returns the key in a composer's form that makes a retry idempotent.
fn once(page: &str) -> String {
    let field = page.split("name=\"once\"").nth(1).expect("a form for writing");
    field.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[sqlx::test]
async fn a_retry_gets_the_same_answer_and_creates_no_post(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("ada", "a question").await;
    let mut alan = site.signed_in("alan").await;
    for (page, path) in
        [("/".to_owned(), "/posts".to_owned()), (format!("/posts/{root}"), format!("/posts/{root}/replies"))]
    {
        let (key, other) = (once(&alan.get(&page).await.body), once(&alan.get(&page).await.body));
        assert_ne!(key, other, "each view of the page has its own");
        let before = site.count("select count(*) from posts").await;
        let first = alan.post(&path, &[("body", "hello"), ("once", &key)]).await;
        let counted = site.count("select count(*) * 1000 + sum(count) from limits").await;
        let again = alan.post(&path, &[("body", " hello\r\n"), ("once", &key)]).await;
        assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, first.location()));
        assert_eq!(site.count("select count(*) from posts").await, before + 1);
        assert_eq!(site.count("select count(*) * 1000 + sum(count) from limits").await, counted, "not even a try");
        // Another text after Back is no retry, nor is the same from another user, nor the same text on purpose.
        alan.post(&path, &[("body", "hello again"), ("once", &key)]).await;
        site.signed_in("barbara").await.post(&path, &[("body", "hello"), ("once", &key)]).await;
        alan.post(&path, &[("body", "hello"), ("once", &other)]).await;
        assert_eq!(site.count("select count(*) from posts").await, before + 4);
    }
    let bad = alan.post("/posts", &[("body", "hello"), ("once", "x")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[sqlx::test]
async fn a_form_sent_concurrently_creates_one_post(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("ada", "a question").await;
    let alan = site.signed_in("alan").await;
    for round in 0..20 {
        let (key, body) = (server::base::id::Once::random().to_string(), format!("round {round}"));
        let path = if round % 2 == 0 { "/posts".to_owned() } else { format!("/posts/{root}/replies") };
        let mut set = tokio::task::JoinSet::new();
        for n in 0..6 {
            let (mut alan, path, key, body) = (alan.clone(), path.clone(), key.clone(), body.clone());
            let function = [("body", body.clone()), ("once", key.clone())];
            set.spawn(async move {
                // The form and the island behave the same.
                if n == 0 && path == "/posts" {
                    let fields: Vec<_> = function.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    return alan.post("/api/create_post", &fields).await.status.is_success().to_string();
                }
                alan.post(&path, &[("body", &body), ("once", &key)]).await.location().to_owned()
            });
        }
        let answers = set.join_all().await;
        let alike = |to: &String| if round % 2 == 0 { to == "true" || to == "/" } else { *to == answers[0] };
        assert!(answers.iter().all(alike) && !answers[0].is_empty(), "{answers:?}");
        assert_eq!(site.count(&format!("select count(*) from posts where body = '{body}'")).await, 1, "{round}");
        site.reset_limits().await;
    }
    assert_eq!(site.count("select reply_count from posts where body = 'a question'").await, 10);
    site.sql("update post_keys set made_at = now() - interval '25 hours'").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from post_keys").await, 0, "and forgotten after a day");
}

#[sqlx::test]
async fn posts_of_older_instances_are_shown_immediately_and_rendered_later(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    // As an older instance writes: the text alone.
    site.post("alan", "hello *there* @ada #bread").await;
    assert!(site.browser().get("/").await.body.contains("<em>there</em>"));
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from posts where html like '%<a href=\"/@ada\">%'").await, 1);
    assert_eq!(site.count("select count(*) from post_tags where tag = 'bread'").await, 1);
    assert_eq!(site.count("select count(*) from post_mentions").await, 1);
    site.sql("update posts set body = 'other words'").await;
    let page = site.browser().get("/").await.body;
    assert!(page.contains("<p>other words</p>") && !page.contains("<em>there</em>"));
}
