//! Conversations with suspended users in them: their posts are counted, but no link promises them.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Site, social::threads::places};

#[sqlx::test]
async fn conversations_link_and_count_only_readable_posts(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("alan", "root").await;
    let first = site.reply("ada", root, "first").await;
    let second = site.reply("grace", first, "second").await;
    let third = site.reply("ada", second, "third").await;
    site.reply("edsger", third, "rude").await;
    let busy = site.reply("grace", root, "busy").await;
    for n in 0..7 {
        site.reply(["ada", "edsger"][n % 2], busy, &format!("answer {n}")).await;
    }
    let path = format!("/posts/{root}");
    let before = site.browser().get(&path).await;
    assert!(before.body.contains("Continue this conversation") && before.body.contains("4 more replies"));
    site.suspend("edsger").await;
    let page = site.browser().get(&path).await;
    assert!(!page.body.contains("Continue this conversation"), "nothing is behind it");
    assert!(page.body.contains("1 more reply") && !page.body.contains("more replies"), "no more than can be read");
    assert_eq!(places(&page), [root, first, second, third, busy, busy + 1, busy + 3, busy + 5]);
    // A suspended user's post below which nothing can be read is no page.
    let rude = site.reply("edsger", root, "rude").await;
    let ruder = site.reply("edsger", rude, "ruder").await;
    for id in [rude, ruder] {
        assert_eq!(site.browser().get(&format!("/posts/{id}")).await.status, StatusCode::NOT_FOUND);
    }
    let calm = site.reply("ada", third, "calm").await;
    let page = site.browser().get(&path).await;
    assert!(page.body.contains("Continue this conversation"), "now there is");
    assert!(places(&site.browser().get(&format!("/posts/{third}")).await).contains(&calm));
}

#[sqlx::test]
async fn large_branches_with_suspended_authors_show_no_exact_reply_count(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let root = site.post("alan", "root").await;
    let busy = site.reply("grace", root, "busy").await;
    for n in 0..30 {
        site.reply(["ada", "edsger"][n % 2], busy, &format!("answer {n}")).await;
    }
    site.suspend("edsger").await;
    let page = site.browser().get(&format!("/posts/{root}")).await;
    assert!(page.body.contains(">More replies<") && !page.body.contains(" more repl"), "{}", page.body);
}
