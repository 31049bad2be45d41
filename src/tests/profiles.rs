//! Profiles.

use http::StatusCode;
use sqlx::PgPool;

use super::Site;

#[sqlx::test]
async fn a_profile_is_public_and_shows_nothing_private(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.post("alan", "hello from alan").await;
    let mut stranger = site.browser();
    let page = stranger.get("/@alan").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("hello from alan") && page.body.contains("Alan"));
    let mut member = site.signed_in("barbara").await;
    for body in [page.body, member.get("/@alan").await.body] {
        for private in ["alan@kith.example", "$argon2id", "203.0.113"] {
            assert!(!body.contains(private), "{private}");
        }
    }
}

#[sqlx::test]
async fn names_are_found_in_any_case_and_nothing_else_is(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let status = site.browser().get("/@ALAN").await.status;
    assert!(status == StatusCode::OK || status.is_redirection(), "{status}");
    for nobody in [
        "/@nobody_here",
        "/alan",
        "/@",
        "/@alan%00",
        "/@al%2fan",
        "/@%ff",
        "/@alan@evil",
        "/%40",
        "/.env",
        "/.git/HEAD",
    ] {
        let status = site.browser().get(nobody).await.status;
        assert!(status.is_client_error(), "{nobody} {status}");
    }
}

#[sqlx::test]
async fn everybody_has_a_face_that_never_changes(pool: PgPool) {
    let site = Site::new(&pool);
    let face = site.browser().get("/avatars/ada-1.svg").await;
    assert_eq!((face.status, face.header("content-type")), (StatusCode::OK, "image/svg+xml"));
    assert!(
        face.header("cache-control").ends_with("immutable")
            && face.header("content-security-policy").contains("sandbox")
    );
    assert_eq!(face.body, site.browser().get("/avatars/ada-1.svg").await.body);
    assert_ne!(face.body, site.browser().get("/avatars/alan-1.svg").await.body);
    for bad in ["ada-2.svg", "ada.svg", "Ada-1.svg", "ada-1.png", "..%2f..%2fetc", "a-1.svg", "%00-1.svg"] {
        assert_eq!(site.browser().get(&format!("/avatars/{bad}")).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
}
