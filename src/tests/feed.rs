//! The feeds.

use http::StatusCode;
use sqlx::PgPool;

use super::Site;

#[sqlx::test]
async fn an_empty_site_says_so(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let page = site.browser().get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("<article") && page.body.matches("<h1").count() == 1);
    let page = site.signed_in("barbara").await.get("/following").await;
    assert!(page.status == StatusCode::OK && page.body.contains("/@ada"), "whom to follow");
}

#[sqlx::test]
async fn pages_of_fifty_by_cursor_show_each_post_once_also_when_new_ones_arrive(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let ids: Vec<i64> = {
        let mut ids = Vec::new();
        for n in 0..120 {
            ids.push(site.post("alan", &format!("post number {n}")).await);
        }
        ids
    };
    let mut browser = site.browser();
    let (mut path, mut seen) = ("/".to_owned(), Vec::new());
    let mut pages = 0;
    loop {
        let body = browser.get(&path).await.body;
        pages += 1;
        seen.extend(body.split("id=\"p").skip(1).filter_map(|part| part.split('"').next()?.parse::<i64>().ok()));
        site.post("ada", "meanwhile").await;
        let Some(link) = body.split("<a ").find(|link| link.contains("rel=\"next\"")) else { break };
        let older = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_ne!(older, path);
        path = older;
    }
    assert_eq!(pages, 3);
    assert_eq!(seen, ids.into_iter().rev().collect::<Vec<_>>());
}

#[sqlx::test]
async fn following_shows_the_followed_and_oneself_only(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("ada", "from ada").await;
    site.post("alan", "from alan").await;
    site.post("barbara", "from barbara").await;
    let mut browser = site.signed_in("barbara").await;
    browser.post("/@ada/follow", &[("follow", "true"), ("next", "/")]).await;
    let body = browser.get("/following").await.body;
    assert!(body.contains("from ada") && body.contains("from barbara") && !body.contains("from alan"));
}

#[sqlx::test]
async fn a_fragment_is_the_list_alone(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut last = 0;
    for n in 0..60 {
        last = site.post("alan", &format!("post {n}")).await;
    }
    let part = site.browser().get(&format!("/?before={last}&part=list")).await;
    assert!(
        part.status == StatusCode::OK && !part.body.contains("<html") && part.body.matches("<article").count() == 50
    );
    assert!(part.body.contains("?before="));
}

#[sqlx::test]
async fn h55_odd_cursors_are_refused_not_run(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "hello").await;
    for bad in ["-1", "0", "x", "99999999999999999999", "1e9", "", "1;drop", "%00", "9223372036854775807"] {
        for path in ["/", "/@alan"] {
            let status = site.browser().get(&format!("{path}?before={bad}")).await.status;
            assert!(status.is_success() || status.is_client_error(), "{path} {bad} {status}");
        }
    }
}

#[sqlx::test]
async fn somebody_suspended_does_not_end_the_feed_of_who_follows_them(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for n in 0..60 {
        site.post("ada", &format!("post {n}")).await;
    }
    site.post("alan", "something rude").await;
    let mut browser = site.signed_in("barbara").await;
    for name in ["ada", "alan"] {
        browser.post(&format!("/@{name}/follow"), &[("follow", "true")]).await;
    }
    let id = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::suspend(&site.server, id, "rude", None).await.unwrap();
    let body = browser.get("/following").await.body;
    assert!(body.matches("<article").count() == 50 && body.contains("rel=\"next\""));
}

#[sqlx::test]
async fn who_is_suspended_is_not_heard(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "something rude").await;
    let id = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::suspend(&site.server, id, "rude", None).await.unwrap();
    assert!(!site.browser().get("/").await.body.contains("something rude"));
    assert_eq!(site.browser().get(&format!("/posts/{post}")).await.status, StatusCode::NOT_FOUND);
    let profile = site.browser().get("/@alan").await;
    assert!(!profile.body.contains("something rude") && profile.body.contains("suspended"));
}
