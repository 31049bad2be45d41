//! The languages of post search, and changing them while users write.

use server::social::search::{self, IndexState};
use sqlx::PgPool;

use super::{ids, look};
use crate::tests::Site;

#[sqlx::test]
async fn each_post_is_stemmed_in_its_own_language_after_reindexing(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let german = site.post("alan", "Die Häuser und der Garten").await;
    let both = Site::with(&pool, &[("KITH_LANGUAGES", "english,german")]);
    assert_eq!(search::settle(&both.server).await.unwrap(), IndexState::Other(vec!["english".to_owned()]));
    assert!(ids(&look(&mut both.browser(), "/search", "haus gärten").await).is_empty());
    assert_eq!(search::reindex(&both.server, |_| ()).await.unwrap(), 1);
    assert_eq!(search::standing(&both.server).await.unwrap(), IndexState::Agreed);
    let english = both.post("alan", "The houses and the gardens").await;
    assert_eq!(ids(&look(&mut both.browser(), "/search", "haus garten").await), [german]);
    assert_eq!(ids(&look(&mut both.browser(), "/search", "house garden").await), [english]);
    let unknown = Site::with(&pool, &[("KITH_LANGUAGES", "klingon")]);
    assert_eq!(search::settle(&unknown.server).await.unwrap(), IndexState::Unknown("klingon".to_owned()));
}

#[sqlx::test]
async fn a_site_without_posts_adopts_the_language_setting(pool: PgPool) {
    let site = Site::with(&pool, &[("KITH_LANGUAGES", "german")]);
    assert_eq!(search::settle(&site.server).await.unwrap(), IndexState::Agreed);
    assert_eq!(site.count("select count(*) from search_languages where names = '{german}'").await, 1);
}

#[sqlx::test]
async fn reindexing_during_edits_loses_no_edit_and_does_not_deadlock(pool: PgPool) {
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
