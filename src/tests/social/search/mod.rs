//! Search for users, posts and tags.

mod hostile;
mod languages;
mod people;
mod scripts;

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Browser, Site, support::browser::encode};

async fn look(browser: &mut Browser, page: &str, query: &str) -> String {
    let answer = browser.get(&format!("{page}?{}", encode(&[("q", query)]))).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
    answer.body
}

fn ids(body: &str) -> Vec<i64> {
    body.split("id=\"p").skip(1).filter_map(|part| part.split('"').next()?.parse().ok()).collect()
}

/// Returns the users on a page, in their order, without the viewer.
fn people(body: &str) -> Vec<String> {
    let main = body.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    main.split("<small>@").skip(1).filter_map(|part| part.split(' ').next().map(str::to_owned)).collect()
}

fn next(body: &str) -> Option<String> {
    let link = body.split("<a ").find(|link| link.contains("rel=\"next\""))?;
    Some(link.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
}

#[sqlx::test]
async fn posts_match_every_word_of_a_query_by_stem(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let bread = site.post("alan", "Two loaves of rye bread, baked in a slow oven").await;
    let cake = site.post("ada", "A cake, baked quickly. No loaves today").await;
    let stranger = &mut site.browser();
    for (query, found) in [
        ("bread", vec![bread]),
        ("BREAD", vec![bread]),
        ("loaf bread", vec![]),
        ("loaves", vec![cake, bread]),
        ("bake", vec![cake, bread]),
        ("baking loaves", vec![cake, bread]),
        ("bread cake", vec![]),
        ("of bread", vec![bread]),
        ("\"slow oven\"", vec![bread]),
        ("\"oven slow\"", vec![]),
        ("\"baked in a\" rye", vec![bread]),
        ("unheard", vec![]),
    ] {
        for page in ["/search", "/search/posts"] {
            assert_eq!(ids(&look(stranger, page, query).await), found, "{query} on {page}");
        }
    }
}

#[sqlx::test]
async fn excluded_words_remove_posts_with_any_form_of_them(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let plain = site.post("alan", "foxes at night").await;
    site.post("alan", "foxes and a dog").await;
    site.post("alan", "a fox and dogs").await;
    for query in ["foxes -dogs", "fox -dog", "-dog fox", "fox -\"a dog\" -dogs", "fox -DOG"] {
        assert_eq!(ids(&look(&mut site.browser(), "/search", query).await), [plain], "{query}");
    }
    let body = look(&mut site.browser(), "/search", "-dog").await;
    assert!(ids(&body).is_empty() && body.contains("only says what should not be there"), "{body}");
}

#[sqlx::test]
async fn search_pages_show_each_post_once_while_new_posts_arrive(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut all = Vec::new();
    for n in 0..120 {
        all.push(site.post(["alan", "ada"][n % 2], &format!("a bicycle, number {n}")).await);
    }
    let (mut browser, mut seen) = (site.browser(), Vec::new());
    let mut path = "/search?q=bicycles".to_owned();
    loop {
        let body = browser.get(&path).await.body;
        seen.extend(ids(&body));
        site.post("ada", "one more bicycle meanwhile").await;
        let Some(more) = next(&body) else { break };
        path = more;
    }
    all.reverse();
    assert_eq!(seen, all);
    let part = browser.get(&format!("/search/posts?q=bicycles&before={}&part=list", all[10])).await;
    assert!(!part.body.contains("<html") && ids(&part.body) == all[11..61], "{}", part.body);
}

#[sqlx::test]
async fn search_omits_deleted_posts_old_words_and_suspended_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut old = Vec::new();
    for n in 0..60 {
        old.push(site.post("ada", &format!("lantern {n}")).await);
    }
    for n in 0..80 {
        site.post("alan", &format!("a rude lantern {n}")).await;
    }
    let (gone, changed) = (site.post("grace", "lantern to go").await, site.post("grace", "lantern to change").await);
    let mut grace = site.signed_in("grace").await;
    grace.post(&format!("/posts/{gone}/delete"), &[]).await;
    site.sql(&format!("update posts set body = 'a lamp' where id = {changed}")).await;
    let id = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::suspend(&site.server, id, "rude", None).await.unwrap();
    let body = look(&mut site.browser(), "/search/posts", "lantern").await;
    old.reverse();
    assert_eq!(ids(&body), old[..50], "a full page of what may be read");
    assert_eq!(ids(&site.browser().get(&next(&body).unwrap()).await.body), old[50..]);
    assert_eq!(ids(&look(&mut site.browser(), "/search/posts", "lamp").await), [changed]);
    assert!(people(&look(&mut site.browser(), "/search/people", "alan").await).is_empty());
    assert!(people(&look(&mut site.browser(), "/search/people", "alna").await).iter().all(|name| name != "alan"));
}

#[sqlx::test]
async fn words_written_by_an_older_instance_are_searchable_at_once(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    // As an instance does that does not know the word index: the plain row.
    let id = site.post("alan", "umbrella").await;
    assert_eq!(ids(&look(&mut site.browser(), "/search", "umbrellas").await), [id]);
    site.sql(&format!("update posts set body = 'parasol' where id = {id}")).await;
    site.sql("update users set display_name = 'Grete Hermann' where username = 'grace'").await;
    assert!(ids(&look(&mut site.browser(), "/search", "umbrella").await).is_empty());
    assert_eq!(ids(&look(&mut site.browser(), "/search", "parasol").await), [id]);
    assert_eq!(people(&look(&mut site.browser(), "/search/people", "hermann").await), ["grace"]);
}

#[sqlx::test]
async fn search_pages_explain_empty_results_and_focus_only_empty_fields(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let empty = site.browser().get("/search").await;
    assert!(empty.body.contains("autofocus") && empty.body.contains("role=\"search\""), "{}", empty.body);
    assert_eq!((empty.header("x-robots-tag"), empty.body.matches("role=\"search\"").count()), ("noindex", 1));
    let found = look(&mut site.browser(), "/search", "alan").await;
    assert!(!found.contains("autofocus") && found.contains("value=\"alan\""));
    assert!(look(&mut site.browser(), "/search", "zzzzzz").await.contains("Nothing found"));
    assert!(look(&mut site.browser(), "/search", "!!!").await.contains("no letters or figures"));
    assert!(site.browser().get("/").await.body.contains("action=\"/search\""), "beside every page");
}

#[sqlx::test]
async fn a_search_does_not_parse_its_query_for_every_post(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for n in 0..60 {
        site.post("alan", &format!("a slow oven {n}")).await;
    }
    site.sql(
        "create sequence worked_out;
         alter function search_query rename to search_query_of;
         create function search_query(a text[], b text[], c text[], d text[], e text[]) returns tsquery
         language plpgsql stable as $$ begin
             perform nextval('worked_out');
             return search_query_of(a, b, c, d, e);
         end $$",
    )
    .await;
    assert_eq!(ids(&look(&mut site.browser(), "/search/posts", "\"slow oven\"").await).len(), 50);
    let times = site.count("select last_value from worked_out").await;
    assert!(times < 10, "{times} times");
}

#[sqlx::test]
async fn slow_searches_continue_in_smaller_stretches(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let old = site.post("alan", "a lantern").await;
    site.sql("alter table posts alter column id restart with 20001").await;
    site.post("alan", "a lamp").await;
    // All but the smallest stretches are as slow as for a word that every user wrote once.
    site.sql(
        "alter function post_stretch rename to post_stretch_of;
         create function post_stretch(post_id bigint, size int) returns text language plpgsql as $$ begin
             if size > 12 then perform pg_sleep(2); end if;
             return post_stretch_of(post_id, size);
         end $$",
    )
    .await;
    let (mut browser, mut path) = (site.browser(), "/search/posts?q=lantern".to_owned());
    for _ in 0..6 {
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        if ids(&answer.body) == [old] {
            return;
        }
        path = next(&answer.body).expect("a way further");
    }
    panic!("the old post was never reached");
}

#[sqlx::test]
async fn search_distinguishes_no_matching_posts_from_the_end_of_results(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "something else").await;
    let body = look(&mut site.browser(), "/search", "barbara").await;
    assert_eq!((people(&body), ids(&body)), (vec!["barbara".to_owned()], vec![]));
    assert!(body.contains("No posts have that in them.") && !body.contains("That’s everything"), "{body}");
    let body = look(&mut site.browser(), "/search", "something").await;
    assert!(ids(&body) == [post] && body.contains("That’s everything"), "{body}");
    let past = site.browser().get(&format!("/search/posts?q=something&before={post}")).await.body;
    assert!(ids(&past).is_empty() && past.contains("That’s everything"), "{past}");
}
