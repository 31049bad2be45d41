//! Search for users by name.

use sqlx::PgPool;

use super::{look, next, people};
use crate::tests::Site;

#[sqlx::test]
async fn users_are_found_by_name_prefix_and_by_similar_spelling(pool: PgPool) {
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
async fn pages_of_users_show_each_match_once(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.add_users("ann", 45).await;
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
async fn search_shows_which_users_the_viewer_follows(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut barbara = site.signed_in("barbara").await;
    barbara.post("/@alan/follow", &[("follow", "true")]).await;
    let body = look(&mut barbara, "/search/people", "alan").await;
    assert!(body.contains("formaction=\"/@alan/follow\"") && body.contains("Following</button>"), "{body}");
    let body = look(&mut barbara, "/search/people", "barbara").await;
    assert!(!body.contains("/@barbara/follow"), "nobody follows themselves");
    assert!(!look(&mut site.browser(), "/search/people", "alan").await.contains("formaction"));
}

#[sqlx::test]
async fn similar_spellings_are_listed_below_prefix_matches(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql("insert into users (username, email) values ('alnair', 'a@x.example')").await;
    for page in ["/search", "/search/people"] {
        let body = look(&mut site.browser(), page, "alna").await;
        assert_eq!(people(&body)[..2], ["alnair", "alan"], "on {page}");
        let (above, below) = body.split_once("Spelled like it").unwrap_or_else(|| panic!("{page}: {body}"));
        assert!(above.contains("@alnair") && below.contains("@alan ") && !below.contains("@alnair"), "{page}: {body}");
        assert!(!look(&mut site.browser(), page, "barbara").await.contains("Spelled like it"), "{page}");
        // The one island that the buttons share is there if any of them is.
        for query in ["alna", "barbaar"] {
            let islands = look(&mut site.browser(), page, query).await.matches("<leptos-island").count();
            assert_eq!(islands, 1, "{query} on {page}");
        }
    }
    // A full page has no room for them, and a later page does not show them.
    site.add_users("alna", 30).await;
    let body = look(&mut site.browser(), "/search/people", "alna").await;
    assert!(people(&body).len() == 20 && !body.contains("Spelled like it"), "{body}");
    let body = site.browser().get(&next(&body).unwrap()).await.body;
    assert!(people(&body).len() == 11 && !body.contains("Spelled like it"), "{body}");
}

#[sqlx::test]
async fn the_most_followed_active_user_is_first_among_many_matches(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.add_users("ann", 700).await;
    site.sql(
        "update profile_counts set followers = 50 where user_id = (select id from users where username = 'ann650');
         update profile_counts set followers = 99 where user_id = (select id from users where username = 'ann640');
         update users set suspended_at = now() where username = 'ann640'",
    )
    .await;
    assert_eq!(people(&look(&mut site.browser(), "/search/people", "ann").await)[0], "ann650");
    site.sql("update users set suspended_at = now() where username like 'ann%' and username <> 'ann620'").await;
    assert_eq!(people(&look(&mut site.browser(), "/search/people", "ann").await), ["ann620"]);
}
