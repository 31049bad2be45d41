//! Conversations: the posts above and below a post, at any depth; and counts that equal their rows, whatever many users
//! do at the same moment.

use http::StatusCode;
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::tests::{Answer, Browser, Site};

/// The number of wrong figures: replies of each place, posts of each user, and likes of each post.
const WRONG: &str = "select (
    select count(*) from posts p where reply_count <>
        (select count(*) from posts r where r.parent_id = p.id and r.deleted_at is null)
) + (
    select count(*) from profile_counts c where posts <>
        (select count(*) from posts p where p.author_id = c.user_id and p.parent_id is null)
) + (
    select count(*) from posts p where like_count <> (select count(*) from likes l where l.post_id = p.id)
)";

impl Site {
    pub async fn suspend(&self, username: &str) {
        let id = server::accounts::find(&self.server, username).await.unwrap();
        server::accounts::suspend(&self.server, id, "a test", None).await.unwrap();
    }
}

async fn delete(browser: &mut Browser, id: i64) -> StatusCode {
    browser.post(&format!("/posts/{id}/delete"), &[]).await.status
}

/// Returns the ids of the places on a page, in its order.
pub fn places(page: &Answer) -> Vec<i64> {
    page.body.split("id=\"p").skip(1).filter_map(|part| part.split('"').next()?.parse().ok()).collect()
}

#[sqlx::test]
async fn posts_show_ancestors_above_and_replies_below(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("alan", "the beginning").await;
    let first = site.reply("ada", root, "an answer").await;
    let second = site.reply("grace", root, "another answer").await;
    let below = site.reply("alan", first, "an answer to the answer").await;
    let page = site.browser().get(&format!("/posts/{root}")).await;
    assert_eq!(places(&page), [root, first, below, second], "each answer below what it answers");
    let page = site.browser().get(&format!("/posts/{below}")).await;
    assert_eq!(places(&page), [root, first, below], "what it answers stands above it");
    assert!(page.body.contains(&format!("href=\"/posts/{first}#p{first}\"")), "the way to each place");
    let member = site.signed_in("barbara").await.get(&format!("/posts/{root}")).await;
    assert!(member.body.contains(&format!("href=\"/posts/{first}#body\"")), "the way to the field");
}

#[sqlx::test]
async fn conversations_link_to_replies_they_leave_out(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("alan", "root").await;
    let first = site.reply("ada", root, "busy").await;
    for n in 0..7 {
        site.reply("grace", first, &format!("answer {n}")).await;
    }
    let mut deep = site.reply("ada", root, "deep").await;
    for _ in 0..4 {
        deep = site.reply("alan", deep, "deeper").await;
    }
    let page = site.browser().get(&format!("/posts/{root}")).await;
    assert!(page.body.contains("4 more replies") && page.body.contains(&format!("/posts/{first}#p{first}")));
    assert!(page.body.contains("Continue this conversation"));
    assert!(!places(&page).contains(&deep) && places(&page).len() == 1 + (1 + 3) + 3);
}

#[sqlx::test]
async fn every_reply_can_be_reached_page_by_page(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("alan", "root").await;
    let mut ids = Vec::new();
    for n in 0..45 {
        ids.push(site.reply("ada", root, &format!("reply {n}")).await);
    }
    let (mut path, mut seen) = (format!("/posts/{root}"), Vec::new());
    loop {
        let page = site.browser().get(&path).await;
        seen.extend(places(&page).into_iter().filter(|id| *id != root));
        let Some(link) = page.body.split("<a ").find(|link| link.contains("rel=\"next\"")) else { break };
        path = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let part = site.browser().get(&format!("{path}&part=list")).await;
        assert!(!part.body.contains("<html") && part.body.contains("<article"), "the list alone");
    }
    assert_eq!(seen, ids);
    for bad in ["x", "-1", "99999999999999999999", "%00"] {
        let answer = site.browser().get(&format!("/posts/{root}?after={bad}")).await;
        assert!(answer.status.is_success() || answer.status.is_client_error(), "{bad}");
    }
}

#[sqlx::test]
async fn deep_conversations_show_nearest_ancestors_and_a_link_up(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut chain = vec![site.post("alan", "root").await];
    for n in 0..60 {
        chain.push(site.reply(["ada", "grace"][n % 2], chain[n], "on and on").await);
    }
    let (mut at, mut climbed) = (60, 0);
    while at > 0 {
        let page = site.browser().get(&format!("/posts/{}", chain[at])).await;
        let top = at.saturating_sub(20);
        assert_eq!(places(&page)[..=at - top], chain[top..=at]);
        assert_eq!(page.body.contains("Earlier in this conversation"), top > 0);
        if top > 0 {
            let up = chain[top - 1];
            assert!(page.body.contains(&format!("href=\"/posts/{up}#p{up}\"")));
        }
        at = top.saturating_sub(1);
        climbed += 1;
    }
    assert_eq!(climbed, 3);
}

#[sqlx::test]
async fn deleted_posts_leave_a_placeholder_only_while_they_have_replies(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("alan", "a #lonely question for @grace").await;
    let reply = site.reply("ada", root, "an answer").await;
    let below = site.reply("grace", reply, "to the answer").await;
    let mut alan = site.signed_in("alan").await;
    alan.post(&format!("/posts/{root}/edit"), &[("body", "another #lonely question for @grace")]).await;
    alan.post(&format!("/posts/{root}/like"), &[("like", "true")]).await;
    assert_eq!(delete(&mut alan, root).await, StatusCode::SEE_OTHER);
    let page = alan.get(&format!("/posts/{root}")).await;
    assert!(page.status == StatusCode::OK && page.body.contains("content=\"noindex\""));
    assert!(page.body.contains("This post was deleted.") && page.body.contains("an answer"));
    assert!(!page.body.contains("<textarea") && !page.body.contains("question") && !page.body.contains("/delete"));
    for path in ["/", "/@alan", "/following"] {
        let body = alan.get(path).await.body;
        assert!(!body.contains("question") && !body.contains("was deleted"), "{path}");
    }
    for path in ["edit", "history"] {
        assert_eq!(alan.get(&format!("/posts/{root}/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for (path, field) in [("replies", ("body", "hm")), ("like", ("like", "true")), ("edit", ("body", "x"))] {
        let answer = alan.post(&format!("/posts/{root}/{path}"), &[field]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let beside = "select (select count(*) from post_tags) + (select count(*) from post_mentions)
        + (select count(*) from post_versions) + (select count(*) from likes)";
    assert_eq!((site.count(beside).await, site.count(WRONG).await), (0, 0));
    // In the middle it is a line as well; and deleting the last reply removes the empty places above.
    let mut ada = site.signed_in("ada").await;
    delete(&mut ada, reply).await;
    assert_eq!(places(&ada.get(&format!("/posts/{below}")).await), [root, reply, below]);
    assert_eq!(site.count(WRONG).await, 0);
    delete(&mut site.signed_in("grace").await, below).await;
    assert_eq!(site.count("select count(*) from posts").await, 0);
    assert_eq!(alan.get(&format!("/posts/{root}")).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn account_deletion_removes_own_posts_but_not_replies_of_others(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("alan", "from alan").await;
    let reply = site.reply("ada", root, "from ada").await;
    let below = site.reply("alan", reply, "alan again").await;
    let last = site.reply("grace", below, "from grace").await;
    site.reply("alan", reply, "a leaf of alan").await;
    let mut alan = site.signed_in("alan").await;
    assert_eq!(alan.post("/settings/account/delete", &[("username_again", "alan")]).await.location(), "/");
    let page = site.browser().get(&format!("/posts/{root}")).await;
    assert_eq!(places(&page), [root, reply, below, last]);
    assert_eq!(page.body.matches("This post was deleted.").count(), 2);
    assert!(page.body.contains("from ada") && page.body.contains("from grace") && !page.body.contains("alan"));
    site.finish_deletions().await;
    assert_eq!(places(&site.browser().get(&format!("/posts/{root}")).await), [root, reply, below, last]);
    assert_eq!((site.count(WRONG).await, site.count("select count(*) from posts").await), (0, 4));
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from posts").await, 4, "what something hangs on stays");
    delete(&mut site.signed_in("grace").await, last).await;
    assert_eq!((site.count(WRONG).await, site.count("select count(*) from posts").await), (0, 2));
}

#[sqlx::test]
async fn posts_of_suspended_users_are_hidden_but_replies_remain(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("alan", "root").await;
    let rude = site.reply("edsger", root, "something rude").await;
    let calm = site.reply("ada", rude, "now, now").await;
    let leaf = site.reply("edsger", root, "rude again").await;
    site.suspend("edsger").await;
    let page = site.browser().get(&format!("/posts/{root}")).await;
    assert_eq!(places(&page), [root, rude, calm]);
    assert!(page.body.contains("This post is hidden.") && !page.body.contains("rude") && !page.body.contains("edsger"));
    let page = site.browser().get(&format!("/posts/{calm}")).await;
    assert_eq!(places(&page), [root, rude, calm]);
    let page = site.signed_in("ada").await.get(&format!("/posts/{rude}")).await;
    assert!(page.status == StatusCode::OK && page.body.contains("now, now") && !page.body.contains("<textarea"));
    assert_eq!(site.browser().get(&format!("/posts/{leaf}")).await.status, StatusCode::NOT_FOUND);
}

/// The browser, the path, and the fields.
type Asked = (Browser, String, &'static [(&'static str, &'static str)]);

/// Sends forms at the same moment, each by connections of its own.
async fn at_once(all: Vec<Asked>) -> Vec<Answer> {
    let mut set = JoinSet::new();
    for (mut browser, path, fields) in all {
        set.spawn(async move { browser.post(&path, fields).await });
    }
    set.join_all().await
}

#[sqlx::test]
async fn replies_racing_a_deletion_always_have_a_parent(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (alan, ada, grace) = (site.signed_in("alan").await, site.signed_in("ada").await, site.signed_in("grace").await);
    let mut met = [0, 0];
    for round in 0..50 {
        let post = site.post("alan", "soon gone").await;
        let reply = format!("/posts/{post}/replies");
        let answers = at_once(vec![
            (ada.clone(), reply.clone(), &[("body", "wait")]),
            (alan.clone(), format!("/posts/{post}/delete"), &[]),
            (grace.clone(), reply, &[("body", "don’t")]),
            (alan.clone(), format!("/posts/{post}/like"), &[("like", "true")]),
        ])
        .await;
        for answer in &answers {
            let fits = answer.status == StatusCode::SEE_OTHER || answer.status == StatusCode::NOT_FOUND;
            assert!(fits, "round {round}: {}", answer.status);
        }
        let replies = site.count(&format!("select count(*) from posts where parent_id = {post}")).await;
        let place =
            site.count(&format!("select count(*) from posts where id = {post} and deleted_at is not null")).await;
        assert_eq!(place, i64::from(replies > 0), "round {round}: a place exactly where something hangs on it");
        assert_eq!(site.count(WRONG).await, 0, "round {round}");
        met[usize::from(replies > 0)] += 1;
        site.sql("delete from limits; delete from posts").await;
    }
    assert!(met.iter().sum::<i32>() == 50);
}

#[sqlx::test]
async fn concurrent_edits_and_deletion_leave_no_text_behind(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let alan = site.signed_in("alan").await;
    for round in 0..50 {
        let post = site.post("alan", "before").await;
        site.reply("ada", post, "so?").await;
        let edit = format!("/posts/{post}/edit");
        at_once(vec![
            (alan.clone(), edit.clone(), &[("body", "after #tag @grace")]),
            (alan.clone(), format!("/posts/{post}/delete"), &[]),
            (alan.clone(), edit, &[("body", "much later #tag @ada")]),
        ])
        .await;
        let left = "select (select count(*) from posts where body <> '' and parent_id is null)
            + (select count(*) from post_versions) + (select count(*) from post_tags) + (select count(*) from post_mentions)";
        assert_eq!((site.count(left).await, site.count(WRONG).await), (0, 0), "round {round}");
        site.sql("delete from limits; delete from posts").await;
    }
}

#[sqlx::test]
async fn concurrently_deleting_a_whole_branch_leaves_no_posts(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let names = ["alan", "ada", "grace"];
    let mut people = Vec::new();
    for name in names {
        people.push(site.signed_in(name).await);
    }
    for round in 0..50 {
        let mut ids = vec![site.post("alan", "root").await];
        for n in 1..6 {
            ids.push(site.reply(names[n % 3], ids[n - 1], "on").await);
        }
        let all = ids.iter().enumerate().map(|(n, id)| {
            let fields: &'static [(&'static str, &'static str)] = &[];
            (people[n % 3].clone(), format!("/posts/{id}/delete"), fields)
        });
        let answers = at_once(all.collect()).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::SEE_OTHER), "round {round}");
        assert_eq!(site.count(WRONG).await, 0, "round {round}");
        server::worker::sweep::everything(&site.server).await.unwrap();
        assert_eq!(site.count("select count(*) from posts").await, 0, "round {round}");
        site.reset_limits().await;
    }
}
