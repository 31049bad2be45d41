use sqlx::PgPool;

use super::{assert_consistent, site_with_large_account};
use crate::tests::{Browser, Site};

const NOTHING_UNREAD: &str = "href=\"/notifications\" aria-label=\"Notifications\"";

/// A reader whom alan follows, whose post he liked, and to whom he replied.
async fn reader(site: &Site) -> Browser {
    site.sql("insert into passwords select 1500, hash from passwords limit 1").await;
    let mut reader = site.browser();
    reader.sign_in("reader1500").await;
    reader
}

#[sqlx::test]
async fn suspension_hides_notifications_of_a_large_account_until_restoration(pool: PgPool) {
    let site = site_with_large_account(&pool).await;
    let alan = server::accounts::find(&site.server, "alan").await.unwrap();
    let mut reader = reader(&site).await;
    assert!(!reader.get("/").await.body.contains(NOTHING_UNREAD));
    server::accounts::suspend(&site.server, alan, "a test", None).await.unwrap();
    // Hidden at once, withdrawn in the background.
    assert!(reader.get("/").await.body.contains(NOTHING_UNREAD));
    let shown = "select count(*) from notifications where actor_id = 3 and withdrawn_at is null";
    assert!(site.count(shown).await > 3_000);
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from visibility_changes").await, 0);
    assert!(reader.get("/").await.body.contains(NOTHING_UNREAD));
    assert_consistent(&site).await;
    server::accounts::restore(&site.server, alan).await.unwrap();
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert!(!reader.get("/").await.body.contains(NOTHING_UNREAD));
    assert_consistent(&site).await;
}

#[sqlx::test]
async fn repeated_suspensions_during_a_sweep_end_in_a_consistent_state(pool: PgPool) {
    let site = site_with_large_account(&pool).await;
    let alan = server::accounts::find(&site.server, "alan").await.unwrap();
    for suspended in [true, false, true, false] {
        if suspended {
            server::accounts::suspend(&site.server, alan, "a test", None).await.unwrap()
        } else {
            server::accounts::restore(&site.server, alan).await.unwrap()
        }
        let part = server::worker::sweep::everything(&site.server);
        drop(tokio::time::timeout(std::time::Duration::from_millis(150), part).await);
    }
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_consistent(&site).await;
    assert_eq!(site.count("select count(*) from notifications where withdrawn_at is not null").await, 0);
}
