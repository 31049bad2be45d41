//! Editing posts: the earlier versions remain readable.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::Site;

#[sqlx::test]
async fn an_edited_post_links_to_its_earlier_versions(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/posts", &[("body", "I like *tea*")]).await;
    let id = site.count("select id from posts").await;
    let (path, edit) = (format!("/posts/{id}"), format!("/posts/{id}/edit"));
    assert!(alan.get(&path).await.body.contains(&format!("href=\"{edit}\"")), "the way to it");
    let form = alan.get(&edit).await;
    assert!(form.status == StatusCode::OK && form.body.contains("I like *tea*"), "as it was typed");
    let answer = alan.post(&edit, &[("body", "I like **coffee**")]).await;
    assert_eq!((answer.location(), answer.flash()), (format!("{path}#p{id}").as_str(), "edited"));
    alan.post(&edit, &[("body", "I like cake")]).await;
    let history = format!("{path}/history");
    for page in ["/", "/@alan", &path] {
        let body = site.browser().get(page).await.body;
        assert!(body.contains("I like cake") && body.contains(&format!("href=\"{history}\"")), "{page}");
    }
    let page = site.browser().get(&history).await;
    assert!(page.status == StatusCode::OK && page.body.contains("content=\"noindex\""));
    let at: Vec<_> = ["I like cake", "<strong>coffee</strong>", "<em>tea</em>"].map(|w| page.body.find(w)).into();
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "newest first: {at:?}");
    assert_eq!(page.body.matches("<time").count(), 3);
}

#[sqlx::test]
async fn saving_unchanged_text_is_not_an_edit(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    assert_eq!(alan.post(&format!("/posts/{post}/edit"), &[("body", " hello ")]).await.flash(), "edited");
    assert_eq!(site.count("select count(*) from posts where edited_at is not null").await, 0);
    assert!(!alan.get("/").await.body.contains("/history"));
    let history = alan.get(&format!("/posts/{post}/history")).await;
    assert!(history.status == StatusCode::OK && history.body.contains("Never edited"));
}

#[sqlx::test]
async fn refused_edits_preserve_their_text_and_change_nothing(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    let edit = format!("/posts/{post}/edit");
    let long = "å".repeat(1_001);
    let answer = alan.post(&edit, &[("body", &long)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains(&long) && answer.body.contains("1 character too long"));
    assert!(answer.body.contains(&format!("action=\"{edit}\"")), "it is the same form");
    assert_eq!(alan.post(&edit, &[("body", " ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.count("select count(*) from posts where body = 'hello' and edited_at is null").await, 1);
    for n in 0..200 {
        let answer = alan.post(&edit, &[("body", &format!("version {n}"))]).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.body.contains(&format!("version {n}")) && !answer.header("retry-after").is_empty());
            return;
        }
    }
    panic!("edits are limited as posts are");
}

// H13.
#[sqlx::test]
async fn only_the_author_can_edit_a_post(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let edit = format!("/posts/{post}/edit");
    // Not even an administrator may.
    for who in ["barbara", "ada"] {
        let mut other = site.signed_in(who).await;
        assert!(!other.get(&format!("/posts/{post}")).await.body.contains(&edit));
        assert_eq!(other.get(&edit).await.status, StatusCode::NOT_FOUND);
        for body in ["changed", "", &"x".repeat(2_000)] {
            assert_eq!(other.post(&edit, &[("body", body)]).await.status, StatusCode::NOT_FOUND, "{who}");
        }
        let function = other.post("/api/edit_post", &[("post", &post.to_string()), ("body", "changed")]).await;
        assert_eq!(function.status, StatusCode::NOT_FOUND, "{who}");
        assert_eq!(other.get("/posts/999/edit").await.status, StatusCode::NOT_FOUND);
    }
    assert!(site.browser().get(&edit).await.location().starts_with("/sign-in?next="));
    let stranger = site.browser().post("/api/edit_post", &[("post", &post.to_string()), ("body", "changed")]).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.count("select count(*) from posts where body = 'hello'").await, 1);
    let mut alan = site.signed_in("alan").await;
    let own = alan.post("/api/edit_post", &[("post", &post.to_string()), ("body", "changed")]).await;
    assert_eq!((own.status, own.flash()), (StatusCode::OK, "edited"));
}

#[sqlx::test]
async fn posts_of_suspended_users_have_no_history(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("edsger", "rude").await;
    site.signed_in("edsger").await.post(&format!("/posts/{post}/edit"), &[("body", "ruder")]).await;
    let id = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, id, "a test", None).await.unwrap();
    assert_eq!(site.browser().get(&format!("/posts/{post}/history")).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn post_history_pages_show_every_edit_once(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "words 0").await;
    let mut alan = site.signed_in("alan").await;
    for n in 1..=130 {
        if n % 50 == 0 {
            site.reset_limits().await;
        }
        assert_eq!(
            alan.post(&format!("/posts/{post}/edit"), &[("body", &format!("words {n}"))]).await.flash(),
            "edited"
        );
    }
    let (mut path, mut said, mut pages) = (format!("/posts/{post}/history"), Vec::new(), 0);
    loop {
        let page = site.browser().get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        let words = page.body.split("<p>words ").skip(1).filter_map(|part| part.split('<').next()?.parse::<i32>().ok());
        said.extend(words);
        pages += 1;
        let Some(link) = page.body.split("<a ").find(|link| link.contains("rel=\"next\"")) else { break };
        assert!(link.contains("Earlier versions"), "{link}");
        path = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    }
    assert_eq!(said, (0..=130).rev().collect::<Vec<_>>(), "each once, newest first");
    assert_eq!(pages, 3);
    for bad in ["x", "-1", "99999999999999999999", "%00", "0"] {
        let answer = site.browser().get(&format!("/posts/{post}/history?before={bad}")).await;
        assert!(answer.status == StatusCode::OK || answer.status == StatusCode::NOT_FOUND, "{bad}: {}", answer.status);
    }
}
