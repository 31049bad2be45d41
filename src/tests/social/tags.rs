//! Tags, and the trending ones.

use http::StatusCode;
use server::social::trending;
use sqlx::PgPool;

use crate::tests::{Browser, Site, support::browser::encode};

/// Creates a post as a page does: with its tags.
async fn write(browser: &mut Browser, body: &str) {
    let answer = browser.post("/posts", &[("body", body)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

fn articles(body: &str) -> usize {
    body.matches("<article").count()
}

#[sqlx::test]
async fn a_tag_page_lists_visible_posts_with_the_tag(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut alan, mut ada) = (site.signed_in("alan").await, site.signed_in("ada").await);
    write(&mut alan, "rye #Bread today").await;
    write(&mut ada, "#bread again, and #größe").await;
    write(&mut ada, "no tag, only bread").await;
    let page = site.browser().get("/tags/bread").await;
    assert_eq!((page.status, articles(&page.body)), (StatusCode::OK, 2));
    assert!(
        page.body.contains("<h1>#bread</h1>")
            && page.body.contains("rel=\"canonical\" href=\"https://kith.example/tags/bread\"")
    );
    assert_eq!(page.header("x-robots-tag"), "");
    assert_eq!(articles(&site.browser().get("/tags/gr%C3%B6%C3%9Fe").await.body), 1);
    let id = server::accounts::find(&site.server, "ada").await.unwrap();
    server::accounts::suspend(&site.server, id, "rude", None).await.unwrap();
    assert_eq!(articles(&site.browser().get("/tags/bread").await.body), 1);
}

#[sqlx::test]
async fn each_tag_has_one_address_and_invalid_tags_have_none(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (other, one) in
        [("/tags/Bread", "/tags/bread"), ("/tags/%23bread", "/tags/bread"), ("/tags/GR%C3%96SSE", "/tags/gr%C3%B6sse")]
    {
        let answer = site.browser().get(other).await;
        assert!(answer.status.is_redirection() && answer.location() == one, "{other}: {}", answer.location());
    }
    let unknown = site.browser().get("/tags/nobody_wrote_this").await;
    assert_eq!((unknown.status, unknown.header("x-robots-tag")), (StatusCode::OK, "noindex"));
    let long = format!("/tags/{}", "a".repeat(51));
    for bad in [
        "/tags",
        "/tags/a-b",
        "/tags/123",
        "/tags/%20",
        "/tags/%00",
        "/tags/%ff",
        "/tags/a%2fb",
        "/tags/a b",
        "/tags/%25",
        &long,
    ] {
        let Ok(uri) = bad.parse::<http::Uri>() else { continue };
        assert!(site.browser().get(&uri.to_string()).await.status.is_client_error(), "{bad}");
    }
}

#[sqlx::test]
async fn posts_of_a_tag_are_paged_by_cursor(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for n in 0..70 {
        let id = site.post("alan", &format!("post {n} #bread")).await;
        site.sql(&format!("insert into post_tags (tag, post_id) values ('bread', {id})")).await;
    }
    let body = site.browser().get("/tags/bread").await.body;
    let older = body.split("href=\"").find_map(|part| part.strip_prefix("/tags/bread?before=")).unwrap();
    let older = format!("/tags/bread?before={}", older.split('"').next().unwrap());
    assert_eq!((articles(&body), articles(&site.browser().get(&older).await.body)), (50, 20));
    let part = site.browser().get(&format!("{older}&part=list")).await.body;
    assert!(articles(&part) == 20 && !part.contains("<html"));
}

#[sqlx::test]
async fn tags_are_found_by_prefix(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    write(&mut alan, "#bread #breadth #größe #100percent #ब्रेड_x #ΚΟΣΜΟΣ").await;
    let mut edsger = site.signed_in("edsger").await;
    write(&mut edsger, "#breakfast").await;
    let id = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, id, "rude", None).await.unwrap();
    for (query, found) in [
        ("brea", vec!["bread", "breadth"]),
        ("#BREAD", vec!["bread", "breadth"]),
        ("gr", vec!["größe"]),
        ("zzz bread", vec!["bread", "breadth"]),
        ("100p", vec!["100percent"]),
        ("κοσ", vec!["κοσμος"]),
        ("break", vec![]),
        ("%", vec![]),
    ] {
        let page = site.browser().get(&format!("/search/tags?{}", encode(&[("q", query)]))).await;
        let chips = page.body.split("class=\"chips\"").nth(1).unwrap_or_default();
        let chips = chips.split("</ul>").next().unwrap_or_default();
        let names: Vec<&str> = chips.split(">#").skip(1).filter_map(|part| part.split('<').next()).collect();
        assert_eq!(names, found, "{query}");
    }
    for sign in ["%23", "%EF%BC%83", "%EF%B9%9F"] {
        let straight = site.browser().get(&format!("/search?q={sign}Bread")).await;
        assert_eq!((straight.status, straight.location()), (StatusCode::SEE_OTHER, "/tags/bread"), "{sign}");
    }
}

#[sqlx::test]
async fn trending_tags_need_several_authors_within_a_week(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for name in ["ada", "alan"] {
        let id = site.post(name, "long ago").await;
        site.sql(&format!("insert into post_tags values ('past', {id})")).await;
    }
    site.sql("update posts set created_at = now() - interval '8 days'").await;
    for name in ["ada", "alan", "grace", "edsger"] {
        let mut browser = site.signed_in(name).await;
        write(&mut browser, "#harvest begins").await;
        if name != "ada" {
            write(&mut browser, "#apples too, #apples").await;
        }
    }
    let mut barbara = site.signed_in("barbara").await;
    for n in 0..9 {
        write(&mut barbara, &format!("#mine alone {n}")).await;
    }
    let id = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, id, "rude", None).await.unwrap();
    trending::refresh(&site.server).await.unwrap();
    let found: Vec<_> = site.server.trending().iter().map(|one| (one.tag.clone(), one.users)).collect();
    assert_eq!(found[..2], [("harvest".to_owned(), 3), ("apples".to_owned(), 2)]);
    assert_eq!(found.len(), 2, "neither what one person writes about nor what was: {found:?}");
    for page in ["/", "/tags/harvest", "/trending", "/search"] {
        let body = site.browser().get(page).await.body;
        assert!(body.contains("Trending this week") && body.contains("/tags/apples"), "{page}");
    }
}

#[sqlx::test]
async fn instances_share_one_trending_count_per_five_minutes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let other = Site::new(&pool);
    for name in ["ada", "alan"] {
        write(&mut site.signed_in(name).await, "#harvest").await;
    }
    let (first, second) = tokio::join!(trending::refresh(&site.server), trending::refresh(&other.server));
    first.and(second).unwrap();
    for copy in [&site, &other] {
        trending::refresh(&copy.server).await.unwrap();
        assert_eq!(copy.server.trending().len(), 1);
    }
    site.sql("delete from post_tags").await;
    trending::refresh(&site.server).await.unwrap();
    assert_eq!(site.server.trending().len(), 1, "not due yet");
    site.sql("update trending_count set counted_at = now() - interval '6 minutes'").await;
    trending::refresh(&site.server).await.unwrap();
    assert!(site.server.trending().is_empty());
    assert!(site.browser().get("/trending").await.body.contains("A quiet week"));
}

#[sqlx::test]
async fn former_addresses_redirect_permanently(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (former, current) in [("/lively", "/trending"), ("/sign-up/arrival", "/sign-up/provider")] {
        let answer = site.browser().get(former).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::PERMANENT_REDIRECT, current));
    }
}
