//! The hot statements at volume: each reads by the indexes it was written for, with the plan Postgres makes for these
//! parameters and with the generic plan, and never visits more rows than a page needs.
//!
//! The statements come from `.sqlx`, as they are served; a new one is a line in [`HOT`].

mod searches;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection, PgPool};

use crate::tests::support::site::as_served;

/// A hot statement: a part of its text that is unique, its parameters (of the world below), and every index it may read
/// by.
type Hot<'a> = (&'a str, &'a str, &'a [&'a str]);

const END: &str = "9223372036854775807";

const HOT: [Hot<'static>; 22] = [
    (
        "where p.parent_id is null and p.id < $2 and u.suspended_at is null",
        "1, {end}, 51",
        &["posts_latest", PEOPLE, LIKED],
    ),
    (
        "where p.parent_id is null and p.id < $2 and u.suspended_at is null",
        "1, 15000, 51",
        &["posts_latest", PEOPLE, LIKED],
    ),
    ("with heard as (", "2, {end}, 51", FOLLOWING),
    ("with heard as (", "2, 15000, 51", FOLLOWING),
    (
        "where p.author_id = $2 and p.parent_id is null and p.id < $3",
        "1, 7, {end}, 51",
        &["posts_by_author", PEOPLE, LIKED],
    ),
    (
        "where p.parent_id = $2 and p.id > $3",
        "1, 29000, 0, 21, 4, 3, 20",
        &["posts_by_parent", "posts_pkey", PEOPLE, LIKED],
    ),
    ("with recursive up as (", "1, 29000, 20", &["posts_by_parent", "posts_pkey", PEOPLE, LIKED]),
    (
        "from posts p join users u on u.id = p.author_id\n        where p.id = $2 and u.suspended_at is null\n",
        "1, 29000",
        &["posts_pkey", PEOPLE, LIKED],
    ),
    (
        "from (select post_id from post_tags where tag = $2",
        "1, 'tag7', {end}, 51",
        &["post_tags_pkey", "posts_pkey", PEOPLE, LIKED],
    ),
    (
        "where p.author_id = $2 and p.parent_id is not null and p.id < $3",
        "1, 7, {end}, 51",
        &["posts_replies_by_author", "posts_pkey", PEOPLE, LIKED],
    ),
    // The likes of reader 1, as another user sees them and as reader 1 does: five thousand.
    ("from likes l join posts p on p.id = l.post_id", "2, 1, 'infinity', {end}, 51", LIKES),
    ("from likes l join posts p on p.id = l.post_id", "1, 1, 'infinity', {end}, 51", LIKES),
    (
        "from follows f join users u on u.id = f.follower_id\n",
        "3, 2, 'infinity', {end}, 51",
        &["follows_followers", PEOPLE, "follows_pkey", FOLLOWING_NEWEST],
    ),
    (
        "from follows f join users u on u.id = f.followee_id\n",
        "2, 2, 'infinity', {end}, 51",
        &[FOLLOWING_NEWEST, PEOPLE, "follows_pkey"],
    ),
    ("from post_versions v\n", "29001, {end}, 51", &["post_versions_post_id", "posts_pkey", PEOPLE]),
    ("u.role, s.device_id,", "'session 77'", &["sessions_pkey", PEOPLE, "notifications_unread"]),
    (
        "as \"follows_viewer!\"",
        "'person7', 2",
        &["users_username_key", "profile_counts_pkey", "follows_pkey", FOLLOWED, FOLLOWING_NEWEST],
    ),
    (
        "order by c.followers desc, u.id limit $2",
        "2, 5",
        &["profile_counts_followers", PEOPLE, "follows_pkey", FOLLOWED, FOLLOWING_NEWEST],
    ),
    (
        "(updated_at, id) < ($2, $3)",
        "1, 'infinity', {end}, 31",
        &[
            "notifications_newest",
            "posts_pkey",
            PEOPLE,
            "likes_newest",
            LIKED,
            "follows_pkey",
            FOLLOWED,
            FOLLOWING_NEWEST,
        ],
    ),
    ("), gone as (\n            delete from likes l", "29000, 1", &["posts_pkey", "likes_pkey"]),
    ("select p.id, me.id from users me, posts p", "29000, 1", &["posts_pkey", PEOPLE]),
    (
        "delete from follows where follower_id = $1 and followee_id = $2",
        "2, 77",
        &["follows_pkey", FOLLOWED, FOLLOWING_NEWEST],
    ),
];

const PEOPLE: &str = "users_pkey";
const LIKED: &str = "likes_pkey";
const FOLLOWED: &str = "follows_followee_id";
const FOLLOWING_NEWEST: &str = "follows_following";
const LIKES: &[&str] = &["likes_by_person", "posts_pkey", PEOPLE, LIKED];
const FOLLOWING: &[&str] = &["follows_pkey", FOLLOWING_NEWEST, "posts_by_author", "posts_pkey", PEOPLE, LIKED];

/// The most rows that one step of a plan may visit or sort: reader 2 follows five hundred users.
const MAX_ROWS: f64 = 1_000.0;

/// Twenty thousand users and thirty thousand posts, some of them replies, with their related rows; 29000 is a post with
/// sixty replies. Reader 2 follows five hundred; many follow the first five. Reader 1 likes five thousand posts; 29001
/// was edited two thousand times.
const WORLD: &str = "
    set session_replication_role = replica;
    insert into users (username, email, suspended_at, name_line, name_words)
    select 'person' || n, 'person' || n || '@kith.example', case when n % 500 = 0 then now() end,
           'person' || n, array_to_tsvector(array['person' || n])
    from generate_series(1, 20000) n;
    insert into profile_counts (user_id, followers) select id, 20000 / id from users;
    insert into posts (author_id, parent_id, body)
    select 1 + (n * 7919::bigint) % 19999, case when n > 29000 and n <= 29060 then 29000 when n % 5 = 0 then n / 2 end, 'words ' || n
    from generate_series(1, 30000) n;
    insert into likes (post_id, user_id)
    select distinct 1 + (n * 104729::bigint) % 30000, 1 + (n * 31::bigint) % 20000 from generate_series(1, 60000) n;
    insert into likes (post_id, user_id) select n * 5, 1 from generate_series(1, 5000) n on conflict do nothing;
    insert into follows (follower_id, followee_id)
    select distinct a, b from (
        select 1 + n % 20000, 1 + (n * 613::bigint) % 20000 from generate_series(1, 40000) n
        union select 2, 3 + n * 7 from generate_series(1, 500) n
        union select n, m from generate_series(11, 8000) n, generate_series(1, 5) m
    ) f (a, b) where a <> b;
    insert into sessions (id, data, expiry_date, user_id, expires_at)
    select 'session ' || n, '', now() + interval '1 day', 1 + n % 4000, now() + interval '1 day'
    from generate_series(1, 5000) n;
    insert into post_tags (tag, post_id) select 'tag' || id % 40, id from posts;
    insert into post_versions (post_id, body, written_at)
    select case when n % 10 = 0 then 29001 else n end, 'before', now() from generate_series(1, 20000) n;
    insert into notifications (user_id, kind, actor_id)
    select 1 + n % 2000, 'follow', 2001 + n % 17000 from generate_series(1, 20000) n;
    set session_replication_role = default;
    analyze";

/// Returns the one recorded statement that contains `part`, and the types of its parameters.
fn recorded(part: &str) -> (String, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let all = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let all = all.map(|text| serde_json::from_str::<Value>(&text).unwrap());
    let found: Vec<Value> = all.filter(|query| query["query"].as_str().unwrap().contains(part)).collect();
    assert_eq!(found.len(), 1, "how many statements say `{part}`");
    let types = found[0]["describe"]["parameters"]["Left"].as_array().unwrap();
    let types: Vec<String> = types.iter().map(|name| name.as_str().unwrap().to_lowercase()).collect();
    let types = types.iter().map(|name| name.strip_suffix("array").map_or(name.clone(), |of| format!("{of}[]")));
    (found[0]["query"].as_str().unwrap().to_owned(), types.collect::<Vec<_>>().join(", "))
}

/// Returns the plan of a statement as it ran, and rolls back its changes.
async fn plan(db: &mut PgConnection, part: &str, parameters: &str, mode: &str) -> Value {
    let (text, types) = recorded(part);
    let mut tx = db.begin().await.unwrap();
    tx.execute(&*format!("set local plan_cache_mode = {mode}")).await.unwrap();
    tx.execute(&*format!("prepare hot ({types}) as {text}")).await.unwrap();
    let explain = format!("explain (analyze, format json) execute hot ({})", parameters.replace("{end}", END));
    let plan: Value = sqlx::query_scalar(&explain).fetch_one(&mut *tx).await.unwrap();
    tx.execute("deallocate hot").await.unwrap();
    tx.rollback().await.unwrap();
    plan[0]["Plan"].clone()
}

/// Collects the faults of a plan, as text.
fn wrong(step: &Value, indexes: &[&str], found: &mut Vec<String>) {
    let text = |name: &str| step[name].as_str().unwrap_or_default();
    let number = |name: &str| step[name].as_f64().unwrap_or_default();
    let kind = text("Node Type");
    let read = (number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops");
    if kind == "Seq Scan" {
        found.push(format!("reads {} whole", text("Relation Name")));
    }
    let index = text("Index Name");
    if !index.is_empty() {
        if !indexes.contains(&index) {
            found.push(format!("reads by {index}"));
        }
        if text("Index Cond").is_empty() && read > MAX_ROWS {
            found.push(format!("reads {index} from end to end"));
        }
    }
    if kind.contains("Sort") || kind.contains("Scan") && !index.is_empty() {
        let below = step["Plans"][0]["Actual Rows"].as_f64().unwrap_or(read);
        if below > MAX_ROWS || read > MAX_ROWS {
            found.push(format!("{kind} {index} of {below} rows, {read} in all"));
        }
    }
    for step in step["Plans"].as_array().into_iter().flatten() {
        wrong(step, indexes, found);
    }
}

/// Returns the faults of each statement's plans, by statement and kind of plan.
async fn survey(db: &mut PgConnection, hot: &[Hot<'_>]) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for &(part, parameters, indexes) in hot {
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let plan = plan(db, part, parameters, mode).await;
            let mut found = Vec::new();
            wrong(&plan, indexes, &mut found);
            if !found.is_empty() {
                all.insert(format!("{part} ({parameters}) {mode}"), found);
            }
        }
    }
    all
}

#[sqlx::test]
async fn hot_statements_read_by_their_indexes_at_volume(pool: PgPool) {
    sqlx::raw_sql(WORLD).execute(&pool).await.unwrap();
    let served = as_served(&pool, 1);
    let mut db = served.acquire().await.unwrap();
    let wrong = survey(&mut db, &HOT).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Without an index the test would notice.
    for (index, part) in [
        ("posts_by_author", "with heard"),
        ("posts_latest", "where p.parent_id is null"),
        ("posts_by_parent", "where p.parent_id = $2"),
    ] {
        let mut tx = pool.begin().await.unwrap();
        sqlx::raw_sql(&format!("drop index {index}")).execute(&mut *tx).await.unwrap();
        let wrong = survey(&mut tx, &HOT).await;
        assert!(wrong.keys().any(|statement| statement.starts_with(part)), "without {index}: {wrong:#?}");
        tx.rollback().await.unwrap();
    }
}
