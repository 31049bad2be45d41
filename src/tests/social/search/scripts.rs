//! Words in any script, parts of joined words, and phrases in any quotes.

use http::StatusCode;
use server::{social::search, worker::sweep};
use sqlx::PgPool;

use super::{ids, look, people};
use crate::tests::{Browser, Site};

/// Publishes a post the way a user does, and returns its id.
async fn publish(browser: &mut Browser, site: &Site, body: &str) -> i64 {
    assert_eq!(browser.post("/posts", &[("body", body)]).await.status, StatusCode::SEE_OTHER, "{body}");
    site.count("select max(id) from posts").await
}

/// Returns the profile form with this name and nothing else.
fn profile(name: &str) -> Vec<(&'static str, &str)> {
    let empty = ["pronouns", "place", "bio", "link1", "link2", "link3", "link4"].map(|field| (field, ""));
    [("display_name", name)].into_iter().chain(empty).collect()
}

/// A text, queries that find it, and queries that do not.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

const CASES: [Case; 22] = [
    ("バッタと鈴虫", &["鈴虫", "鈴", "バッタ", "\"と鈴虫\"", "ﾊﾞｯﾀ", "鈴虫 バッタ"], &["虫鈴", "バック", "鈴と"]),
    ("我在北京大学食堂吃饭", &["北京", "大学", "食堂", "北京大学", "饭"], &["京北", "北大"]),
    ("私は日本語を勉強しています", &["日本語", "勉強"], &["本日"]),
    ("วันนี้อากาศดีมาก", &["อากาศ", "ดีมาก"], &["อาหาร"]),
    ("ខ្ញុំស្រលាញ់ភាសាខ្មែរ", &["ភាសា", "ខ្មែរ"], &["សាភា"]),
    ("ຂ້ອຍຮັກພາສາລາວ", &["ພາສາ", "ລາວ"], &["ສາພາ"]),
    ("ကျွန်တော်မြန်မာစာလေ့လာနေသည်", &["မြန်မာ", "စာ"], &["မာစာမြန်"]),
    ("서울에서 만나요", &["서울", "만나"], &["울서"]),
    ("iPhone用ケースを買った", &["iphone", "ケース", "iPhone用ケース", "\"用ケース\""], &["用iphone"]),
    ("Patch CVE-2026-2332 now", &["2332", "2026", "cve", "CVE-2026-2332", "cve 2332"], &["233", "CVE-2332"]),
    ("covid-19 and node.js 1.2.3", &["19", "covid", "node", "js", "node.js", "1.2.3", "2"], &["node.3", "1.3"]),
    ("see https://e.example/long/some_path-here?id=77", &["path", "some_path", "here", "77", "e.example"], &["ath"]),
    ("O’Brien's AC/DC at 10:30, user@host.example", &["brien", "o'brien", "dc", "ac/dc", "10:30", "host"], &["obrien"]),
    ("Un café crème à Łódź", &["cafe", "CAFÉ", "cafés", "creme", "lodz", "-tea cafe"], &["cafe -creme"]),
    ("covid19 in v1.2.3", &["19", "covid", "covid19", "1.2.3", "v1.2.3"], &["covid1", "9"]),
    ("کتاب\u{200c}ها را خواندم", &["کتاب", "کتابها", "کتاب\u{200c}ها"], &["تاب"]),
    ("https://ja.wikipedia.org/wiki/%E9%88%B4%E8%99%AB", &["鈴虫", "%E9%88%B4%E8%99%AB"], &["虫鈴"]),
    ("Große Straßen", &["grosse", "GROSSE", "strassen", "straßen"], &[]),
    ("Το σπίτι της ΟΔΟΥ", &["οδου", "σπιτι"], &[]),
    ("Ёлка во дворе", &["елка", "ЁЛКА"], &[]),
    ("मैं हिन्दी सीखता हूँ", &["हिन्दी"], &["हन"]),
    (
        "Bread from a slow oven",
        &["“slow oven”", "„slow oven“", "«slow oven»", "「slow oven」", "‹slow oven›", "‘slow oven’", "“oven”"],
        &["“oven slow”", "bread -“slow oven”", "bread –«slow oven»", "bread -「slow oven」"],
    ),
];

#[sqlx::test]
async fn posts_are_found_by_parts_of_words_in_any_script(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let mut posts = Vec::new();
    for (body, ..) in CASES {
        posts.push(publish(&mut alan, &site, body).await);
    }
    // The oldest is indexed as on an upgraded site: by the background work.
    site.sql("update post_words set tokenizer = 0, words = ''").await;
    sweep::everything(&site.server).await.unwrap();
    let mut stranger = site.browser();
    for ((body, found, not_found), post) in CASES.into_iter().zip(posts) {
        for query in found {
            assert!(ids(&look(&mut stranger, "/search/posts", query).await).contains(&post), "{query} in {body}");
        }
        for query in not_found {
            assert!(!ids(&look(&mut stranger, "/search/posts", query).await).contains(&post), "{query} in {body}");
        }
    }
}

#[sqlx::test]
async fn writing_and_editing_index_at_once(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let post = publish(&mut alan, &site, "バッタと鈴虫").await;
    assert_eq!(site.count("select count(*) from post_words where tokenizer = 0").await, 0);
    assert_eq!(ids(&look(&mut alan, "/search", "鈴虫").await), [post]);
    alan.post(&format!("/posts/{post}/edit"), &[("body", "青い空")]).await;
    assert!(ids(&look(&mut alan, "/search", "鈴虫").await).is_empty());
    assert_eq!(ids(&look(&mut alan, "/search", "い空").await), [post]);
    // An older instance changes it: found by the words that the Postgres parser finds, then by all parts.
    site.sql(&format!("update posts set body = 'covid-19 鈴虫の声' where id = {post}")).await;
    assert_eq!(ids(&look(&mut alan, "/search", "covid").await), [post]);
    sweep::everything(&site.server).await.unwrap();
    for query in ["19", "虫の"] {
        assert_eq!(ids(&look(&mut alan, "/search", query).await), [post], "{query}");
    }
}

#[sqlx::test]
async fn users_are_found_by_any_part_of_an_unspaced_name(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (username, name) in
        [("alan", "山田花子"), ("ada", "สมชายใจดี"), ("edsger", "Søren Łukasz"), ("barbara", "Zoë O’Brien")]
    {
        let mut browser = site.signed_in(username).await;
        let saved = browser.post("/settings/profile", &profile(name)).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    }
    let found = async |site: &Site| {
        for (query, username) in [
            ("花子", "alan"),
            ("山田", "alan"),
            ("田", "alan"),
            ("ใจดี", "ada"),
            ("soren", "edsger"),
            ("lukasz", "edsger"),
            ("zoe", "barbara"),
            ("brien", "barbara"),
        ] {
            assert_eq!(people(&look(&mut site.browser(), "/search/people", query).await), [username], "{query}");
        }
    };
    assert_eq!(
        site.count("select count(*) from users where display_name = '山田花子' and name_tokenizer = 1").await,
        1
    );
    found(&site).await;
    site.sql("update users set name_tokenizer = 0, name_words = '', name_line = ''").await;
    sweep::everything(&site.server).await.unwrap();
    found(&site).await;
}

#[sqlx::test]
async fn results_are_the_same_with_ctype_c(pool: PgPool) {
    let name = format!("ctype_c_{}", server::base::id::Once::random());
    let create = format!("create database \"{name}\" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'");
    sqlx::raw_sql(&create).execute(&pool).await.unwrap();
    let options = (*pool.connect_options()).clone().database(&name);
    let other = PgPool::connect_with(options).await.unwrap();
    server::db::migrate(&other).await.unwrap();
    let site = Site::with_cast(&other).await;
    let mut alan = site.signed_in("alan").await;
    let post = publish(&mut alan, &site, "ÉCOLE ΟΔΟΣ Дом ÜBER").await;
    for query in ["école", "ecole", "οδος", "ДОМ", "дом", "über"] {
        assert_eq!(ids(&look(&mut alan, "/search/posts", query).await), [post], "{query}");
    }
    site.sql("update users set display_name = 'Ольга' where username = 'ada'").await;
    sweep::everything(&site.server).await.unwrap();
    assert_eq!(people(&look(&mut alan, "/search/people", "ольга").await), ["ada"]);
    assert_eq!(search::reindex(&site.server, |_| ()).await.unwrap(), 1);
    other.close().await;
    sqlx::raw_sql(&format!("drop database \"{name}\" with (force)")).execute(&pool).await.unwrap();
}

#[sqlx::test]
async fn an_empty_result_suggests_a_wider_search(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "an oven that is slow").await;
    let body = look(&mut site.browser(), "/search/posts", "“slow oven” -rye").await;
    assert!(body.contains("Nothing found") && body.contains("exactly as they stand"), "{body}");
    assert!(body.contains("href=\"/search/posts?q=slow+oven\""), "{body}");
    let body = look(&mut site.browser(), "/search/posts", "zyzzyva").await;
    assert!(body.contains("Check the spelling") && !body.contains("Search for"), "{body}");
}
