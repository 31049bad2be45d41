//! A bucket that is down, slow or wrong: pictures fail, pages do not.

use std::time::Instant;

use super::*;

// F04.
#[sqlx::test]
async fn a_failing_bucket_affects_only_avatars(pool: PgPool) {
    let mut bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "bucket");
    let id = site.picture("alan", 1).await;
    let mut alan = site.signed_in("alan").await;
    for mode in ["down", "broken", "refuse", "mute"] {
        bucket.behave(mode);
        let begun = Instant::now();
        for page in ["/", "/@alan", "/settings/profile"] {
            assert_eq!(alan.get(page).await.status, StatusCode::OK, "{mode} {page}");
        }
        assert!(begun.elapsed().as_secs() < 2, "{mode}: no page asks there");
        let picture = site.browser().get(&format!("/avatars/{id}.96")).await;
        assert_eq!(picture.status, StatusCode::SERVICE_UNAVAILABLE, "{mode}");
        assert!(!picture.header("retry-after").is_empty() && !picture.header("cache-control").contains("immutable"));
        let sent = alan.send_file(SEND, "picture", &Picture::Usual.bytes(2)).await;
        assert_eq!(sent.status, StatusCode::SERVICE_UNAVAILABLE, "{mode}");
        assert!(sent.body.contains("Yours is as it was") && sent.body.contains("type=\"file\""), "{mode}");
        assert!(begun.elapsed().as_secs() < 18, "{mode}: {:?}", begun.elapsed());
        assert_eq!((site.picture_of("alan").await, site.pictures().await), (Some(id.clone()), 1), "{mode}");
    }
    bucket.behave("ok");
    assert_eq!(site.browser().get(&format!("/avatars/{id}.96")).await.status, StatusCode::OK);
    work_later(&site).await;
    assert_eq!(bucket.files().len(), 2, "nothing of what failed is left");
}

#[sqlx::test]
async fn never_serves_a_truncated_avatar(pool: PgPool) {
    let mut bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "bucket");
    let id = site.picture("alan", 1).await;
    bucket.behave("short");
    let answer = site.browser().get(&format!("/avatars/{id}.400")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[sqlx::test]
async fn removes_orphaned_avatars_but_not_a_copy_in_use(pool: PgPool) {
    let bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "bucket");
    // A crash between the bucket and the database.
    let picture = server::identity::avatars::make(&site.server, Picture::Usual.bytes(1)).await.unwrap();
    drop(server::identity::avatars::keep(&site.server, picture).await.unwrap());
    assert_eq!((bucket.files().len(), site.pictures().await), (2, 0), "nothing visible");
    // The same picture again, for a user who keeps it.
    site.picture("alan", 1).await;
    work(&site).await;
    assert_eq!(bucket.files().len(), 4, "it is not touched while it may be on its way");
    work_later(&site).await;
    assert_eq!(bucket.files().len(), 2);
    let id = site.picture_of("alan").await.unwrap();
    assert_eq!(site.browser().get(&format!("/avatars/{id}.96")).await.status, StatusCode::OK);
}

#[sqlx::test]
async fn retries_a_removal_until_the_bucket_recovers(pool: PgPool) {
    let mut bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "bucket");
    site.picture("alan", 1).await;
    work_later(&site).await;
    bucket.behave("down");
    let mut alan = site.signed_in("alan").await;
    assert_eq!(alan.post("/settings/profile/picture/remove", &[]).await.status, StatusCode::SEE_OTHER);
    work(&site).await;
    assert_eq!((bucket.files().len(), site.pictures().await), (2, 0));
    bucket.behave("ok");
    work_later(&site).await;
    assert_eq!((bucket.files().len(), site.count("select count(*) from jobs").await), (0, 0));
}

#[sqlx::test]
async fn a_wrong_secret_opens_no_bucket(pool: PgPool) {
    let bucket = Bucket::start();
    let site = Site::with(
        &pool,
        &[
            ("KITH_BUCKET", "s3://kith"),
            ("KITH_BUCKET_ENDPOINT", &bucket.url),
            ("KITH_BUCKET_KEY_ID", "kith-key"),
            ("KITH_BUCKET_SECRET", "guessed"),
        ],
    );
    assert!(site.server.pictures().bucket().unwrap().answers().await.is_err());
    assert!(bucket.site(&pool, "bucket").server.pictures().bucket().unwrap().answers().await.is_ok());
    assert!(!format!("{:?}", site.server.config()).contains("guessed"));
}
