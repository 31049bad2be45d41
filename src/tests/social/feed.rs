//! The feeds.

use http::StatusCode;
use server::{
    base::id::{PostId, UserId},
    social::feed,
};
use sqlx::PgPool;

use crate::tests::Site;

#[sqlx::test]
async fn empty_feeds_render_and_following_suggests_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let page = site.browser().get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("<article") && page.body.matches("<h1").count() == 1);
    let page = site.signed_in("barbara").await.get("/following").await;
    assert!(page.status == StatusCode::OK && page.body.contains("/@ada"), "whom to follow");
}

#[sqlx::test]
async fn feed_pages_show_each_post_once_while_new_posts_arrive(pool: PgPool) {
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
async fn following_shows_only_posts_of_followed_users_and_the_viewer(pool: PgPool) {
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
async fn a_feed_fragment_holds_only_the_list(pool: PgPool) {
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

// H55.
#[sqlx::test]
async fn odd_cursors_cause_no_server_error(pool: PgPool) {
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
async fn suspended_followees_do_not_end_the_following_feed(pool: PgPool) {
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
async fn posts_of_suspended_users_are_hidden(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "something rude").await;
    let id = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::suspend(&site.server, id, "rude", None).await.unwrap();
    assert!(!site.browser().get("/").await.body.contains("something rude"));
    assert_eq!(site.browser().get(&format!("/posts/{post}")).await.status, StatusCode::NOT_FOUND);
    let profile = site.browser().get("/@alan").await;
    assert!(!profile.body.contains("something rude") && profile.body.contains("suspended"));
}

/// The same feed, by the plainest statement.
const PLAIN: &str = "select p.id from posts p join users u on u.id = p.author_id
    where p.parent_id is null and u.suspended_at is null
      and (p.author_id = $1 or p.author_id in (select followee_id from follows where follower_id = $1))
    order by p.id desc";

/// Users who write much, little and nothing, in no order; some suspended, some posts deleted, some replies.
async fn random_world(pool: &PgPool, seed: i32) {
    let sql = format!(
        "select setseed({seed} / 100.0);
         truncate users, posts cascade;
         insert into users (username, email, suspended_at)
         select 'person' || n, n || '@kith.example', case when random() < 0.15 then now() end
         from generate_series(1, 10 + {seed} * 13 % 120) n;
         with people as (select array_agg(id order by id) as ids from users)
         insert into posts (author_id, body)
         select ids[1 + floor(cardinality(ids) * power(random(), 1 + {seed} % 4))::int], 'words'
         from people, generate_series(1, {seed} * 97 % 700) n;
         insert into posts (author_id, parent_id, body)
         select author_id, id, 'a reply' from posts where random() < 0.2;
         delete from posts where random() < 0.1;
         insert into follows (follower_id, followee_id)
         select a.id, b.id from users a, users b where a.id <> b.id and random() < {seed} % 5 / 4.0"
    );
    sqlx::raw_sql(&sql).execute(pool).await.unwrap();
}

#[sqlx::test]
async fn following_matches_a_plain_query_page_by_page(pool: PgPool) {
    for seed in 1..40 {
        random_world(&pool, seed).await;
        let mut db = pool.acquire().await.unwrap();
        let readers: Vec<i64> =
            sqlx::query_scalar("select id from users order by random() limit 4").fetch_all(&mut *db).await.unwrap();
        for reader in readers {
            let all: Vec<i64> = sqlx::query_scalar(PLAIN).bind(reader).fetch_all(&mut *db).await.unwrap();
            let (mut seen, mut before) = (Vec::new(), None);
            loop {
                let page = feed::following(&mut db, UserId(reader), before).await.unwrap();
                assert!(page.next.is_none() || page.items.len() == 50, "only the last page is short");
                seen.extend(page.items.iter().map(|post| post.id.0));
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(seen, all, "world {seed}, reader {reader}");
            // Below any post, not only at the end of a page.
            for cursor in all.iter().step_by(17) {
                let page = feed::following(&mut db, UserId(reader), Some(PostId(cursor + 1))).await.unwrap();
                let expected = all.iter().skip_while(|id| *id > cursor).take(50);
                assert!(page.items.iter().map(|post| &post.id.0).eq(expected), "world {seed}, below {cursor}");
            }
        }
    }
}
