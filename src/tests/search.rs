//! Finding people, posts and tags.

use http::StatusCode;
use server::search::{self, Standing};
use sqlx::PgPool;

use super::{Browser, Site, browser::encode};

async fn look(browser: &mut Browser, page: &str, query: &str) -> String {
    let answer = browser.get(&format!("{page}?{}", encode(&[("q", query)]))).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
    answer.body
}

fn ids(body: &str) -> Vec<i64> {
    body.split("id=\"p").skip(1).filter_map(|part| part.split('"').next()?.parse().ok()).collect()
}

/// The people on a page, in their order, without who looks.
fn people(body: &str) -> Vec<String> {
    let main = body.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    main.split("<small>@").skip(1).filter_map(|part| part.split(' ').next().map(str::to_owned)).collect()
}

fn next(body: &str) -> Option<String> {
    let link = body.split("<a ").find(|link| link.contains("rel=\"next\""))?;
    Some(link.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
}

#[sqlx::test]
async fn posts_are_found_by_every_word_in_them_and_by_their_stems(pool: PgPool) {
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
async fn what_is_refused_is_not_found_in_any_of_its_forms(pool: PgPool) {
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
async fn pages_of_a_search_show_each_post_once_also_when_new_ones_arrive(pool: PgPool) {
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
async fn what_is_deleted_edited_or_by_somebody_suspended_is_not_found_and_hides_nothing(pool: PgPool) {
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
async fn a_post_that_an_older_copy_writes_or_changes_is_found_by_its_words_of_now(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    // As a copy does that knows of no words: the plain row.
    let id = site.post("alan", "umbrella").await;
    assert_eq!(ids(&look(&mut site.browser(), "/search", "umbrellas").await), [id]);
    site.sql(&format!("update posts set body = 'parasol' where id = {id}")).await;
    site.sql("update users set display_name = 'Grete Hermann' where username = 'grace'").await;
    assert!(ids(&look(&mut site.browser(), "/search", "umbrella").await).is_empty());
    assert_eq!(ids(&look(&mut site.browser(), "/search", "parasol").await), [id]);
    assert_eq!(people(&look(&mut site.browser(), "/search/people", "hermann").await), ["grace"]);
}

#[sqlx::test]
async fn people_are_found_by_the_beginnings_of_their_names_and_by_rough_spelling(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "insert into users (username, display_name, email) values
         ('jiri', 'Jiří Hrubá', 'a@x.example'), ('taro_y', '山田 太郎', 'b@x.example'),
         ('olga', 'Ольга Ладыженская', 'c@x.example'), ('alana', 'Alan A.', 'd@x.example')",
    )
    .await;
    site.sql("update profile_counts set followers = 9 where user_id = (select id from users where username = 'alana')")
        .await;
    let stranger = &mut site.browser();
    for (query, found) in [
        ("al", vec!["alana", "alan"]),
        ("alan", vec!["alan", "alana"]),
        ("@alan", vec!["alan", "alana"]),
        ("ALAN", vec!["alan", "alana"]),
        ("alna", vec!["alana", "alan"]),
        ("hruba", vec!["jiri"]),
        ("Hrubá jiř", vec!["jiri"]),
        ("太", vec!["taro_y"]),
        ("y taro", vec!["taro_y"]),
        ("ладыж", vec!["olga"]),
        ("edsgre", vec!["edsger"]),
        ("alan nobody", vec![]),
    ] {
        let body = look(stranger, "/search/people", query).await;
        if query == "alna" {
            assert!(body.contains("Spelled like it") && people(&body).contains(&"alan".to_owned()), "{body}");
            continue;
        }
        assert_eq!(people(&body), found, "{query}");
    }
    assert!(people(&look(stranger, "/search", "alna").await).contains(&"alan".to_owned()));
}

#[sqlx::test]
async fn pages_of_people_go_on_where_the_last_ended(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.crowd("ann", 45).await;
    let (mut browser, mut seen, mut path) = (site.browser(), Vec::new(), "/search/people?q=ann".to_owned());
    let mut pages = 0;
    loop {
        let body = browser.get(&path).await.body;
        seen.extend(people(&body));
        pages += 1;
        let Some(more) = next(&body) else { break };
        assert!(people(&browser.get(&format!("{more}&part=list")).await.body.replace("<ul", "<main><ul")).len() <= 20);
        path = more;
    }
    assert_eq!((pages, seen.len()), (3, 45));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 45);
    for odd in ["x", "1-2", "0-0-0-0", "-1-1-1", ""] {
        assert!(!browser.get(&format!("/search/people?q=ann&after={odd}")).await.status.is_server_error(), "{odd}");
    }
}

#[sqlx::test]
async fn whom_one_follows_is_shown_as_followed(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut barbara = site.signed_in("barbara").await;
    barbara.post("/@alan/follow", &[("follow", "true")]).await;
    let body = look(&mut barbara, "/search/people", "alan").await;
    assert!(body.contains("formaction=\"/@alan/follow\"") && body.contains("Following</button>"), "{body}");
    let body = look(&mut barbara, "/search/people", "barbara").await;
    assert!(!body.contains("/@barbara/follow"), "nobody follows themselves");
    assert!(!look(&mut site.browser(), "/search/people", "alan").await.contains("formaction"));
}

/// What people type to see what happens, and what happens by accident.
const HOSTILE: [&str; 36] = [
    "%",
    "_",
    "%%%",
    "a%",
    "a_b",
    "\\",
    "\\%",
    "a\\",
    "'",
    "''",
    "'; drop table posts; --",
    "\"",
    "\"\"\"",
    "\"bread",
    "-",
    "--",
    "- -",
    "!",
    "!bread",
    "& | !",
    "a & b",
    "a | b",
    "(((",
    "a <-> b",
    "bread:*",
    "bread:ABCD",
    "*:*",
    "<2>",
    "\0",
    "a\0b",
    "\u{202e}bread",
    "12 0",
    "'12 0'",
    "\"12 0\"",
    "😀",
    "\u{10ffff}",
];

#[sqlx::test]
async fn wildcards_and_operators_are_only_signs(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let bread = site.post("alan", "rye bread").await;
    site.post("alan", "#rye and nothing else").await;
    let stranger = &mut site.browser();
    for typed in HOSTILE {
        for page in ["/search", "/search/posts", "/search/people", "/search/tags"] {
            let answer = stranger.get(&format!("{page}?{}", encode(&[("q", typed)]))).await;
            assert_eq!(answer.status, StatusCode::OK, "{typed:?} on {page}");
            let found = ids(&answer.body);
            let names_it = typed.contains("bread") && page != "/search/tags" && page != "/search/people";
            assert!(found.is_empty() || names_it && found == [bread], "{typed:?} on {page} finds {found:?}");
            let others = ["a | b", "a & b"].contains(&typed);
            assert!(people(&answer.body).is_empty() || typed.starts_with('a') && !others, "{typed:?} on {page}");
        }
    }
    for raw in
        ["q=%ff", "q=a&q=b", "q=%00%00", "q", "", "q=a&before=x", "q=a&before=-9", "q=a&before=0", "q=a&after=%00"]
    {
        for page in ["/search", "/search/posts", "/search/people", "/search/tags"] {
            let status = stranger.get(&format!("{page}?{raw}")).await.status;
            assert!(!status.is_server_error(), "{page}?{raw}: {status}");
        }
    }
}

#[sqlx::test]
async fn what_is_too_long_is_kept_and_said(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let typed = "lantern ".repeat(30);
    for page in ["/search", "/search/posts", "/search/people", "/search/tags"] {
        let answer = site.browser().get(&format!("{page}?{}", encode(&[("q", &typed)]))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(&typed) && answer.body.contains("too long to search for"), "{}", answer.body);
        assert_eq!(answer.header("x-robots-tag"), "noindex");
    }
}

#[sqlx::test]
async fn a_hundred_words_are_a_search_like_any_other(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "a b c").await;
    let many = "a ".repeat(100);
    assert_eq!(ids(&look(&mut site.browser(), "/search/posts", many.trim()).await).len(), 1);
    look(&mut site.browser(), "/search", &"-a ".repeat(66)).await;
    look(&mut site.browser(), "/search", &"\"a b\" ".repeat(33)).await;
}

#[sqlx::test]
async fn searches_are_turned_away_before_they_take_every_connection(pool: PgPool) {
    let site = Site::with(&pool, &[("KITH_DATABASE_CONNECTIONS", "8")]);
    let held = [search::Search::begin(&site.server).await.unwrap(), search::Search::begin(&site.server).await.unwrap()];
    let answer = site.browser().get("/search?q=bread").await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "2"));
    assert_eq!(site.browser().get("/").await.status, StatusCode::OK);
    drop(held);
    assert_eq!(site.browser().get("/search?q=bread").await.status, StatusCode::OK);
}

#[sqlx::test]
async fn each_post_is_stemmed_in_its_own_language_and_again_after_the_setting_changed(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let german = site.post("alan", "Die Häuser und der Garten").await;
    let both = Site::with(&pool, &[("KITH_LANGUAGES", "english,german")]);
    assert_eq!(search::settle(&both.server).await.unwrap(), Standing::Other(vec!["english".to_owned()]));
    assert!(ids(&look(&mut both.browser(), "/search", "haus gärten").await).is_empty());
    assert_eq!(search::reindex(&both.server, |_| ()).await.unwrap(), 1);
    assert_eq!(search::standing(&both.server).await.unwrap(), Standing::Agreed);
    let english = both.post("alan", "The houses and the gardens").await;
    assert_eq!(ids(&look(&mut both.browser(), "/search", "haus garten").await), [german]);
    assert_eq!(ids(&look(&mut both.browser(), "/search", "house garden").await), [english]);
    let unknown = Site::with(&pool, &[("KITH_LANGUAGES", "klingon")]);
    assert_eq!(search::settle(&unknown.server).await.unwrap(), Standing::Unknown("klingon".to_owned()));
}

#[sqlx::test]
async fn a_setting_is_taken_over_while_nobody_has_written(pool: PgPool) {
    let site = Site::with(&pool, &[("KITH_LANGUAGES", "german")]);
    assert_eq!(search::settle(&site.server).await.unwrap(), Standing::Agreed);
    assert_eq!(site.count("select count(*) from search_languages where names = '{german}'").await, 1);
}

#[sqlx::test]
async fn writing_words_again_waits_for_nobody_in_a_ring_and_loses_no_edit(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut posts = Vec::new();
    for n in 0..40 {
        posts.push(site.post("alan", &format!("old words {n}")).await);
    }
    let (server, ids_of_all) = (site.server.clone(), posts.clone());
    let again = tokio::spawn(async move {
        for _ in 0..10 {
            search::reindex(&server, |_| ()).await.unwrap();
        }
    });
    for id in &ids_of_all {
        site.sql(&format!("update posts set body = 'newest text' where id = {id}")).await;
    }
    site.sql(&format!("delete from posts where id in ({}, {}, {})", posts[3], posts[30], posts[17])).await;
    again.await.unwrap();
    assert!(ids(&look(&mut site.browser(), "/search", "old").await).is_empty(), "no words of before");
    assert_eq!(ids(&look(&mut site.browser(), "/search", "newest").await).len(), 37);
}

#[sqlx::test]
async fn the_page_says_what_one_can_look_for_and_has_the_focus_only_when_empty(pool: PgPool) {
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
