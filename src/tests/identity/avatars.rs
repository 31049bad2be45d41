//! Avatars: ownership, delivery, deletion.

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode, header};
use server::identity::avatars;
use sqlx::PgPool;
use stand_in_github::Picture;
use tower::ServiceExt;

use crate::tests::{Browser, Site};

impl Site {
    /// Gives a user a picture, another one for each `number`, and returns its id.
    pub async fn picture(&self, username: &str, number: u64) -> String {
        let picture = avatars::make(&self.server, Picture::Usual.bytes(number)).await.unwrap();
        self.set_picture(username, &picture).await;
        picture.id
    }

    async fn set_picture(&self, username: &str, picture: &avatars::Picture) {
        let user = server::accounts::find(&self.server, username).await.unwrap();
        let kept = avatars::keep(&self.server, picture.clone()).await.unwrap();
        let mut tx = self.server.begin().await.unwrap();
        avatars::set(&mut tx, user, &kept).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Returns the number of stored pictures.
    pub async fn pictures(&self) -> i64 {
        self.count("select count(*) from avatar_images").await
    }

    /// Returns the id of a user's picture.
    pub async fn picture_of(&self, username: &str) -> Option<String> {
        sqlx::query_scalar("select avatar from users where username = $1")
            .bind(username)
            .fetch_one(self.server.db())
            .await
            .unwrap()
    }
}

#[sqlx::test]
async fn an_avatar_replaces_the_generated_default_in_feed_and_profile(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "hello").await;
    site.post("grace", "hello").await;
    let id = site.picture("alan", 1).await;
    let (small, large) = (format!("/avatars/{id}.96"), format!("/avatars/{id}.400"));
    let feed = site.browser().get("/").await.body;
    assert!(feed.contains(&small) && feed.contains("/avatars/grace-1.svg") && !feed.contains("/avatars/alan-1.svg"));
    assert!(!feed.contains(&large), "a feed needs no large ones");
    assert!(site.browser().get("/@alan").await.body.contains(&large));
    site.sql("update users set avatar = null").await;
    assert!(site.browser().get("/").await.body.contains("/avatars/alan-1.svg"));
}

#[sqlx::test]
async fn serves_avatars_publicly_as_immutable_images_only(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let id = site.picture("alan", 1).await;
    let mut browsers = [site.browser(), site.signed_in("grace").await];
    for (browser, pixels) in browsers.iter_mut().zip(["96", "400"]) {
        let answer = browser.get(&format!("/avatars/{id}.{pixels}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(matches!(answer.header("content-type"), "image/webp" | "image/jpeg"));
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("; sandbox;"), "{policy}");
        assert!(answer.set_cookies().is_empty());
    }
    let (status, bytes) = bytes(&site, &format!("/avatars/{id}.96")).await;
    let kept: Vec<u8> = sqlx::query_scalar("select small from avatar_images").fetch_one(&pool).await.unwrap();
    assert_eq!((status, bytes), (StatusCode::OK, kept));
    // The name is made from the content, so a browser that has the picture never needs to ask again; if it asks all the
    // same, the answer is 304.
    let again = Request::get(format!("/avatars/{id}.96")).header("if-none-match", format!("\"{id}.96\""));
    assert_eq!(site.browser().send(again.body(Body::empty()).unwrap()).await.status, StatusCode::NOT_MODIFIED);
    for nobody in ["AAAAAAAAAAAAAAAA.96", "AAAAAAAAAAAAAAAA.97", "AAAAAAAAAAAAAAAA", "..%2f..%2fetc%2fpasswd", "%00.96"]
    {
        let answer = site.browser().get(&format!("/avatars/{nobody}")).await;
        assert!(answer.status.is_client_error(), "{nobody}: {}", answer.status);
        assert!(!answer.header("cache-control").contains("immutable"), "{nobody}");
    }
}

pub(crate) async fn bytes(site: &Site, path: &str) -> (StatusCode, Vec<u8>) {
    let mut request = Request::get(path).header(header::HOST, "kith.example").body(Body::empty()).unwrap();
    request.extensions_mut().insert(server::http::Peer(site.browser().peer));
    let response = site.router.clone().oneshot(request).await.unwrap();
    (response.status(), to_bytes(response.into_body(), 1_000_000).await.unwrap().to_vec())
}

#[sqlx::test]
async fn stores_each_avatar_once_until_no_user_has_it(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let first = site.picture("alan", 1).await;
    assert_eq!((site.picture("grace", 1).await, site.pictures().await), (first.clone(), 1));
    let second = site.picture("alan", 2).await;
    assert_ne!(first, second);
    assert_eq!(site.pictures().await, 2, "grace has the first still");
    site.picture("grace", 2).await;
    assert_eq!(site.pictures().await, 1);
    let mut tx = site.server.begin().await.unwrap();
    for username in ["alan", "grace", "grace"] {
        let user = server::accounts::find(&site.server, username).await.unwrap();
        avatars::clear(&mut tx, user).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!((site.pictures().await, site.picture_of("alan").await), (0, None));
}

#[sqlx::test]
async fn concurrent_avatar_changes_leave_no_orphans_after_the_sweep(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut two = Vec::new();
    for number in [1, 2] {
        two.push(avatars::make(&site.server, Picture::Usual.bytes(number)).await.unwrap());
    }
    let tries = (0..60).map(|n| {
        let (site, picture) = (site.clone(), two[n % 2].clone());
        tokio::spawn(async move { site.set_picture(["alan", "grace", "barbara"][n % 3], &picture).await })
    });
    for one in tries.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    let orphans = "select count(*) from avatar_images i where not exists (select 1 from users where avatar = i.id)";
    let left = site.count(orphans).await;
    site.sql("update avatar_images set made_at = now() - interval '61 minutes'").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count(orphans).await, 0, "{left} were left to the sweeper");
    assert_eq!(site.count("select count(*) from users where avatar is not null").await, 3);
}

// F12.
#[sqlx::test]
async fn sweeps_orphaned_avatars_but_not_new_ones(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.picture("alan", 1).await;
    site.picture("grace", 2).await;
    site.sql("update users set avatar = null where username = 'alan'").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.pictures().await, 2);
    site.sql("update avatar_images set made_at = now() - interval '61 minutes'").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!((site.pictures().await, site.picture_of("grace").await.is_some()), (1, true));
}

#[sqlx::test]
async fn avatars_are_exported_and_deleted_with_the_account(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.picture("alan", 1).await;
    let large: Vec<u8> = sqlx::query_scalar("select large from avatar_images").fetch_one(&pool).await.unwrap();
    let mut alan = site.signed_in("alan").await;
    assert!(export(&site, &alan).await.iter().any(|(name, bytes)| name.starts_with("picture.") && *bytes == large));
    let mut tx = site.server.begin().await.unwrap();
    let user = server::accounts::find(&site.server, "alan").await.unwrap();
    avatars::wish(&mut tx, user, "https://avatars.githubusercontent.com/u/1").await.unwrap();
    tx.commit().await.unwrap();
    alan.post("/settings/account/delete", &[("username_again", "alan")]).await;
    assert_eq!(site.pictures().await, 0);
    assert_eq!(site.count("select count(*) from jobs where kind = 'picture'").await, 0);
}

/// Returns the names and contents of the files.
pub(crate) async fn export(site: &Site, who: &Browser) -> Vec<(String, Vec<u8>)> {
    let form = format!("for_user={}", who.clone().form_user().await.unwrap());
    let cookies: Vec<String> = who.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut request = Request::post("/settings/account/export")
        .header("host", "kith.example")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookies.join("; "))
        .body(Body::from(form))
        .unwrap();
    request.extensions_mut().insert(server::http::Peer(who.peer));
    let response = site.router.clone().oneshot(request).await.unwrap();
    let bytes = to_bytes(response.into_body(), 10_000_000).await.unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}
