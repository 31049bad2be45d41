//! Hostile searches: probing queries, and queries that are too long.

use http::StatusCode;
use server::social::search;
use sqlx::PgPool;

use super::{ids, look, people};
use crate::tests::{Site, support::browser::encode};

/// Queries that users type to probe the search, and queries typed by accident.
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

/// Characters that become many when a name is normalised: longer than the longest word that Postgres accepts.
fn swelling() -> [String; 4] {
    let long = "\u{3316}".repeat(196);
    [format!("a{long}"), format!("\"a{long}\""), format!("@a{long}"), format!("a -{}", "\u{fdfa}".repeat(196))]
}

#[sqlx::test]
async fn probing_queries_cause_no_errors_or_false_matches(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let bread = site.post("alan", "rye bread").await;
    site.post("alan", "#rye and nothing else").await;
    let stranger = &mut site.browser();
    for typed in HOSTILE.map(str::to_owned).into_iter().chain(swelling()) {
        let typed = typed.as_str();
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
async fn overlong_queries_are_refused_and_returned(pool: PgPool) {
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
async fn a_search_accepts_a_hundred_repeated_words(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "a b c").await;
    let many = "a ".repeat(100);
    assert_eq!(ids(&look(&mut site.browser(), "/search/posts", many.trim()).await).len(), 1);
    look(&mut site.browser(), "/search", &"-a ".repeat(66)).await;
    look(&mut site.browser(), "/search", &"\"a b\" ".repeat(33)).await;
}

#[sqlx::test]
async fn a_search_refuses_more_than_sixteen_different_words(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let words = |range: std::ops::Range<i32>| range.map(|n| format!("word{n}")).collect::<Vec<_>>().join(" ");
    let post = site.post("alan", &words(0..30)).await;
    assert_eq!(ids(&look(&mut site.browser(), "/search/posts", &words(0..16)).await), [post]);
    let many = [words(0..17), format!("{} -other", words(0..16)), format!("{} \"other thing\"", words(0..16))];
    for typed in many {
        let answer = site.browser().get(&format!("/search?{}", encode(&[("q", &typed)]))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("more than 16 words") && answer.body.contains("word15"), "{}", answer.body);
    }
    let sentence = format!("\"{}\"", words(0..17));
    assert_eq!(ids(&look(&mut site.browser(), "/search/posts", &sentence).await), [post], "as it stands");
}

#[sqlx::test]
async fn searches_are_refused_before_they_use_every_connection(pool: PgPool) {
    let site = Site::with(&pool, &[("KITH_DATABASE_CONNECTIONS", "8")]);
    let held = [search::Search::begin(&site.server).await.unwrap(), search::Search::begin(&site.server).await.unwrap()];
    let answer = site.browser().get("/search?q=bread").await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "2"));
    assert_eq!(site.browser().get("/").await.status, StatusCode::OK);
    drop(held);
    assert_eq!(site.browser().get("/search?q=bread").await.status, StatusCode::OK);
}
