//! The operator's commands about pictures.

use super::*;
use crate::cli::pictures::{Pictures, Place};

async fn kith(site: &Site, command: Pictures) -> Result<(), String> {
    command.run(&site.server).await.map_err(|error| format!("{error:#}"))
}

async fn places(site: &Site) -> (i64, i64) {
    server::identity::avatars::places(&mut site.server.db().acquire().await.unwrap()).await.unwrap()
}

#[sqlx::test]
async fn avatars_are_served_after_moving_into_the_bucket_and_back(pool: PgPool) {
    let bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let before = bucket.site(&pool, "database");
    let mut seen = Vec::new();
    for (n, username) in ["ada", "alan", "grace"].into_iter().enumerate() {
        let path = format!("/avatars/{}.400", before.picture(username, n as u64).await);
        seen.push((path.clone(), bytes(&before, &path).await.1));
    }
    let site = bucket.site(&pool, "bucket");
    for (to, there) in [(Place::Bucket, 3), (Place::Bucket, 3), (Place::Database, 0)] {
        kith(&site, Pictures::Move { to }).await.unwrap();
        assert_eq!(places(&site).await, (3 - there, there));
        for (path, picture) in &seen {
            assert_eq!(bytes(&site, path).await, (StatusCode::OK, picture.clone()));
        }
        work_later(&site).await;
        assert_eq!(bucket.files().len(), 2 * there as usize, "nothing is left on either side");
    }
}

#[sqlx::test]
async fn a_move_reports_a_missing_avatar_and_continues(pool: PgPool) {
    let bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "bucket");
    let lost = site.picture("ada", 1).await;
    site.picture("alan", 2).await;
    site.picture("grace", 3).await;
    for file in bucket.files().iter().filter(|file| file.to_string_lossy().contains(&lost)) {
        fs::remove_file(file).unwrap();
        fs::remove_file(file.to_string_lossy().replace("_object", "_metadata.json")).ok();
    }
    assert_eq!(site.browser().get(&format!("/avatars/{lost}.96")).await.status, StatusCode::NOT_FOUND);
    let error = kith(&site, Pictures::Move { to: Place::Database }).await.unwrap_err();
    assert!(error.contains('1'), "{error}");
    assert_eq!(places(&site).await, (2, 1));
}

#[sqlx::test]
async fn a_failed_move_can_be_repeated_when_the_bucket_recovers(pool: PgPool) {
    let mut bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "database");
    site.picture("ada", 1).await;
    bucket.behave("down");
    kith(&site, Pictures::Move { to: Place::Bucket }).await.unwrap_err();
    assert_eq!(places(&site).await, (1, 0));
    bucket.behave("ok");
    kith(&site, Pictures::Move { to: Place::Bucket }).await.unwrap();
    assert_eq!(places(&site).await, (0, 1));
    let without = Site::new(&pool);
    kith(&without, Pictures::Move { to: Place::Database }).await.unwrap_err();
}

#[sqlx::test]
async fn tidying_removes_orphaned_avatars_unless_they_are_new(pool: PgPool) {
    let bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "bucket");
    let id = site.picture("alan", 1).await;
    let picture = server::identity::avatars::make(&site.server, Picture::Usual.bytes(2)).await.unwrap();
    drop(server::identity::avatars::keep(&site.server, picture).await.unwrap());
    site.sql("delete from jobs").await;
    kith(&site, Pictures::Tidy).await.unwrap();
    assert_eq!(bucket.files().len(), 4, "it may be about to be somebody's");
    bucket.grow_old();
    kith(&site, Pictures::Tidy).await.unwrap();
    assert_eq!(bucket.files().len(), 2);
    assert_eq!(site.browser().get(&format!("/avatars/{id}.96")).await.status, StatusCode::OK);
}
