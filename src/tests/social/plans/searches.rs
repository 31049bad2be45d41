//! The same for searches, notifications, and background aggregation.

use sqlx::PgPool;

use super::{Hot, LIKED, PEOPLE, WORLD, as_served, recorded, survey};

const FOLLOWS: &[&str] = &["follows_pkey", super::FOLLOWED, super::FOLLOWING_NEWEST];

/// Every user in this search has the best score.
const FIRST_PAGE: &str = "300, 1, 2147483647, {end}, 0, 21, 1000";

fn hot() -> Vec<(&'static str, String, Vec<&'static str>)> {
    let posts = vec!["post_words_words", "posts_pkey", PEOPLE, LIKED];
    let people = ["users_username_key", "users_name_words", PEOPLE, "profile_counts_pkey", "profile_counts_followers"];
    let people = [&people, FOLLOWS].concat();
    let asked = "with asked as materialized (";
    let named = "as whole,";
    vec![
        (asked, "'{english}', '{lantern}', '{}', '{}', '{}', 29200, 12, 1, 51".to_owned(), posts.clone()),
        (asked, "'{english}', '{words,12345}', '{}', '{}', '{}', 29200, 24, 1, 51".to_owned(), posts.clone()),
        (asked, "'{english}', '{29000}', '{\"''words'' <1> ''29000''\"}', '{x}', '{\"''y'' <1> ''z''\"}', 29200, 14, null, 51".to_owned(), posts),
        (named, format!("'{{person77}}', 'person77', {FIRST_PAGE}"), people.clone()),
        // There are more of them than the search visits: the best known of all are among them.
        (named, format!("'{{namesake}}', null, {FIRST_PAGE}"), people),
        (
            "users_spelled_like(line, $2)",
            "'persno77', 400, 1, 20".to_owned(),
            [&[PEOPLE, "profile_counts_pkey"], FOLLOWS].concat(),
        ),
        (
            "with recursive step (tag, n) as (",
            "'{tag1,tag3}', '', 31, 300, 100".to_owned(),
            vec!["post_tags_pkey", "posts_pkey", PEOPLE],
        ),
        ("select username from users where id > $1 and id <= $2", "19500, 20000".to_owned(), vec![PEOPLE]),
        (
            "coalesce(p.edited_at, p.created_at) as \"since!\" from posts p",
            "29500, 30000".to_owned(),
            vec!["posts_pkey", "users_suspended"],
        ),
        ("select (p.id - 1) / $1 + 1 from posts p", "1000, 25000".to_owned(), vec!["posts_pkey", PEOPLE]),
        (
            "with recursive week (low, high) as (",
            "20, 2".to_owned(),
            vec!["posts_pkey", "post_tags_post_id", "post_tags_pkey", PEOPLE],
        ),
        (
            "order by n.updated_at desc, n.id desc limit $2",
            "7, 1000".to_owned(),
            vec!["notifications_newest", "notifications_unread", "notifications_pkey", PEOPLE],
        ),
        (
            "order by id limit $4 for no key update",
            "7, 'infinity', {end}, 5000".to_owned(),
            vec!["notifications_newest", "notifications_unread", "notifications_pkey"],
        ),
    ]
}

/// Data that [`WORLD`] lacks: words of posts, users of one name, and a time before this week.
const MORE: &str = "
    set session_replication_role = replica;
    update posts set created_at = now() - interval '30 days' where id <= 29500;
    update users set display_name = 'Namesake' where id <= 600;
    update posts set body = body || ' lantern' where id % 4 = 0;
    insert into post_words (post_id, language, words) select id, 'english', post_words_of(id, 'english', body) from posts;
    set session_replication_role = default";

#[sqlx::test]
async fn search_and_background_statements_read_by_their_indexes(pool: PgPool) {
    sqlx::raw_sql(WORLD).execute(&pool).await.unwrap();
    for more in [MORE, "vacuum (analyze)"] {
        sqlx::raw_sql(more).execute(&pool).await.unwrap();
    }
    let mut db = as_served(&pool, 1).acquire().await.unwrap();
    let hot = hot();
    let hot: Vec<Hot<'_>> = hot.iter().map(|(part, with, by)| (*part, with.as_str(), &by[..])).collect();
    let wrong = survey(&mut db, &hot).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The query is parsed once: the index and every row are compared with the result.
    let (text, _) = recorded("with asked as materialized (");
    assert_eq!(text.matches("search_query(").count(), 1, "{text}");
    // Fuzzy matching is done inside a function, which has a plan of its own.
    let plan: Vec<String> = sqlx::query_scalar("explain select id from users where 'persno77' <% name_line limit 400")
        .fetch_all(&mut *db)
        .await
        .unwrap();
    assert!(plan.join("\n").contains("users_name_line"), "{plan:#?}");
}
