//! Texts of attackers, sent as users send text and checked wherever text is shown.

use http::StatusCode;
use sqlx::PgPool;

use super::Site;

#[expect(dead_code, reason = "the views' own tests use the rest")]
#[path = "../../../../app/src/ui/xss.rs"]
mod xss;

// H36.
#[sqlx::test]
async fn attack_text_is_harmless_in_posts_edits_and_history(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let root = site.post("ada", "say what you want").await;
    for attack in xss::CORPUS {
        site.reset_limits().await;
        let answer = alan.post(&format!("/posts/{root}/replies"), &[("body", attack)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{attack}");
        let id = answer.location().rsplit('p').next().unwrap().to_owned();
        let edit = format!("/posts/{id}/edit");
        assert_eq!(alan.post(&edit, &[("body", &format!("{attack} {attack}"))]).await.flash(), "edited");
        let long = alan.post(&edit, &[("body", &attack.repeat(100))]).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
        xss::assert_harmless(&long.body);
        let wanted = ["".to_owned(), "/edit".into(), "/history".into()].map(|end| format!("/posts/{id}{end}"));
        for path in wanted.iter().map(String::as_str).chain([format!("/posts/{root}").as_str(), "/@alan", "/"]) {
            let page = alan.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            xss::assert_harmless(&page.body);
        }
        let card = alan.post("/api/create_post", &[("body", attack), ("parent", &root.to_string())]).await;
        assert_eq!(card.status, StatusCode::OK);
        xss::assert_harmless(&card.body);
    }
}
