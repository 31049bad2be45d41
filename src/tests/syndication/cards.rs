//! Link previews: the meta data of a page, and the pictures for it.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::syndication::{ORIGIN, Site, ask, canonical, meta, moment, statements};

#[sqlx::test]
async fn pages_carry_metadata_for_link_previews(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "Can machines think?\nI wonder.").await;
    let mut stranger = site.browser();
    for (path, kind, title, picture) in [
        ("/".to_owned(), "website", "Kith", "/icon-512.png"),
        ("/@alan".to_owned(), "profile", "Alan (@alan)", "/avatars/alan-1.png"),
        (format!("/posts/{post}"), "article", "Alan: Can machines think? I wonder.", "/avatars/alan-1.png"),
    ] {
        let body = stranger.get(&path).await.body;
        assert_eq!(canonical(&body), Some(&*format!("{ORIGIN}{path}")));
        for (name, content) in [
            ("og:url", format!("{ORIGIN}{path}")),
            ("og:type", kind.to_owned()),
            ("og:title", title.to_owned()),
            ("og:site_name", "Kith".to_owned()),
            ("og:image", format!("{ORIGIN}{picture}")),
            ("og:image:width", "512".to_owned()),
            ("og:image:height", "512".to_owned()),
            ("twitter:card", "summary".to_owned()),
        ] {
            assert_eq!(meta(&body, name), Some(&*content), "{name} of {path}");
        }
        assert_eq!(meta(&body, "og:description"), meta(&body, "description"), "{path}");
        assert!(meta(&body, "og:image:alt").is_some_and(|alt| !alt.is_empty()), "{path}");
        let shown = stranger.get(picture).await;
        assert_eq!((shown.status, shown.header("content-type")), (StatusCode::OK, "image/png"), "{path}");
    }
    let body = stranger.get(&format!("/posts/{post}")).await.body;
    moment(meta(&body, "article:published_time").unwrap());
    assert!(meta(&body, "description").unwrap().starts_with("Can machines think?"));
    let id = site.picture("alan", 1).await;
    let body = stranger.get("/@alan").await.body;
    assert_eq!(meta(&body, "og:image"), Some(&*format!("{ORIGIN}/avatars/{id}.400")));
    assert_eq!(meta(&body, "og:image:width"), None, "it may be smaller");
    assert!(body.contains("<link rel=\"alternate\" type=\"application/atom+xml\" href=\"/@alan/feed.atom\">"));
}

#[sqlx::test]
async fn private_paged_and_missing_pages_carry_noindex(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    for path in [
        "/following",
        "/posts/new",
        "/settings/account",
        "/settings/devices",
        "/sign-in",
        "/sign-up",
        "/forgot-password",
        "/?before=1000",
        "/@alan?before=1000",
        &format!("/posts/{post}?after=1000"),
        "/nothing-here",
    ] {
        let body = alan.get(path).await.body;
        assert_eq!((meta(&body, "robots"), canonical(&body)), (Some("noindex"), None), "{path}");
        assert_eq!(meta(&body, "og:url"), None, "{path}");
    }
    for path in ["/", "/@alan", &format!("/posts/{post}")] {
        let body = alan.get(path).await.body;
        assert_eq!(meta(&body, "robots"), None, "{path}");
    }
}

#[sqlx::test]
async fn png_avatars_exist_only_for_visible_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut stranger = site.browser();
    let (face, cost) = statements(stranger.get("/avatars/ada-1.png")).await;
    assert_eq!((face.status, face.header("content-type"), cost), (StatusCode::OK, "image/png", 1));
    assert_eq!(face.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(face.header("content-security-policy").contains("sandbox"));
    let again = ask(&mut stranger, "/avatars/ada-1.png", face.header("etag")).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let edsger = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, edsger, "a test", None).await.unwrap();
    for nobody in ["nobody_here-1.png", "edsger-1.png", "ada-2.png", "Ada-1.png", "ada-1.png.png"] {
        let answer = stranger.get(&format!("/avatars/{nobody}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nobody}");
        assert!(!answer.header("cache-control").contains("immutable"), "{nobody}");
    }
}
