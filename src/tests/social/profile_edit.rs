//! Editing the profile.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Answer, Browser, Site};

const PAGE: &str = "/settings/profile";

/// Sends the form, with some of its fields changed.
async fn save(browser: &mut Browser, changed: &[(&str, &str)]) -> Answer {
    let names = ["display_name", "pronouns", "place", "bio", "link1", "link2", "link3", "link4"];
    let value = |name: &str| changed.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value);
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, value(name))).collect();
    browser.post(PAGE, &fields).await
}

#[sqlx::test]
async fn saved_profile_fields_appear_on_the_profile_and_the_form(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let answer = save(
        &mut alan,
        &[
            ("display_name", " Alan  Whitlock "),
            ("pronouns", "he/him"),
            ("place", "Upper Ottery"),
            ("bio", "Long *walks*.\n\nAsk @grace."),
            ("link2", "example.org/@alan"),
            ("link4", "https://www.example.com/"),
        ],
    )
    .await;
    assert_eq!((answer.status, answer.location(), answer.flash()), (StatusCode::SEE_OTHER, PAGE, "profile-changed"));
    let page = site.browser().get("/@alan").await.body;
    for part in [
        "Alan Whitlock",
        "he/him",
        "Upper Ottery",
        "<em>walks</em>",
        "href=\"/@grace\"",
        "<a href=\"https://example.org/@alan\" rel=\"me nofollow ugc noopener\">example.org/@alan</a>",
        "<a href=\"https://www.example.com/\" rel=\"me nofollow ugc noopener\">example.com</a>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let form = alan.get(PAGE).await.body;
    assert!(form.contains("Long *walks*.\n\nAsk @grace.</textarea>") && form.contains("value=\"he/him\""), "{form}");
    let (first, second) =
        (form.find("https://example.org/@alan").unwrap(), form.find("https://www.example.com/").unwrap());
    assert!(first < second, "links close ranks");
    save(&mut alan, &[]).await;
    let page = site.browser().get("/@alan").await.body;
    assert!(
        !page.contains("Ottery") && !page.contains("he/him") && !page.contains("rel=\"me") && !page.contains("walks")
    );
}

#[sqlx::test]
async fn an_overlong_bio_is_returned_in_the_form(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let long = "字".repeat(20_000);
    let answer = save(&mut alan, &[("bio", &long), ("place", "Ottery")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains(&long) && answer.body.contains("that is 19700 too many"), "{}", answer.body.len());
}

#[sqlx::test]
async fn a_refused_form_preserves_input_and_explains_each_error(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    save(&mut alan, &[("bio", "before")]).await;
    let long = "x".repeat(301);
    let answer = save(
        &mut alan,
        &[
            ("display_name", "Somebody & <else>"),
            ("pronouns", "they/them"),
            ("bio", &long),
            ("link1", "javascript:alert(1)"),
            ("link2", "https://good.example/"),
            ("link3", "https://bank.example@evil.example/"),
        ],
    )
    .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "value=\"Somebody &amp; &lt;else&gt;\"",
        "value=\"they/them\"",
        "value=\"javascript:alert(1)\"",
        "value=\"https://good.example/\"",
        "id=\"bio-error\"",
        "that is 1 too many",
        "id=\"link1-error\"",
        "id=\"link3-error\"",
        "href=\"#bio\"",
    ] {
        assert!(answer.body.contains(part), "{part} in {}", answer.body);
    }
    assert!(answer.body.contains(&format!("{long}</textarea>")) && !answer.body.contains("link2-error"));
    let page = site.browser().get("/@alan").await.body;
    assert!(page.contains("before") && !page.contains("they/them"), "nothing changed");
}

#[sqlx::test]
async fn bios_changed_by_an_older_instance_are_shown_as_typed(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    save(&mut alan, &[("bio", "*old*")]).await;
    site.sql("update users set bio = 'new *words*' where username = 'alan'").await;
    let page = site.browser().get("/@alan").await.body;
    assert!(page.contains("new *words*") && !page.contains("<em>old"), "{page}");
    // The same HTML from another source text is still HTML.
    for bio in ["*same*", "_same_"] {
        save(&mut alan, &[("bio", bio)]).await;
        assert!(site.browser().get("/@alan").await.body.contains("<em>same</em>"), "{bio}");
    }
    site.sql("update users set display_name = 'Al' where username = 'alan'").await;
    assert!(site.browser().get("/@alan").await.body.contains("<em>same</em>"), "only the bio's own change counts");
}

#[sqlx::test]
async fn profile_edits_need_a_session_and_are_rate_limited(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut stranger = site.browser();
    assert_eq!(save(&mut stranger, &[("bio", "x")]).await.status, StatusCode::UNAUTHORIZED);
    assert!(save(&mut stranger, &[]).await.location().starts_with("/sign-in"), "there is nothing to give back");
    let mut alan = site.signed_in("alan").await;
    for _ in 0..60 {
        assert_eq!(save(&mut alan, &[]).await.status, StatusCode::SEE_OTHER);
    }
    let answer = save(&mut alan, &[("bio", "still here")]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.body.contains("still here") && !answer.header("retry-after").is_empty());
}

// H36.
#[sqlx::test]
async fn html_in_profile_fields_is_escaped(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/@grace/follow", &[("follow", "true")]).await;
    for attack in
        ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</textarea><script>alert(1)</script>"]
    {
        let short: String = attack.chars().take(30).collect();
        let fields = [("display_name", attack), ("pronouns", &short), ("place", attack), ("bio", attack)];
        assert_eq!(save(&mut alan, &fields).await.status, StatusCode::SEE_OTHER);
        for page in ["/@alan", "/@grace/followers", "/@alan/likes"] {
            let body = site.browser().get(page).await.body;
            assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{page}: {body}");
        }
        let body = alan.get(PAGE).await.body;
        assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{body}");
    }
}

#[sqlx::test]
async fn exports_include_the_profile_fields(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    save(&mut alan, &[("bio", "hello"), ("place", "Ottery"), ("pronouns", "he/him"), ("link1", "example.org")]).await;
    let files = crate::tests::identity::avatars::export(&site, &alan).await;
    let (_, account) = files.iter().find(|(name, _)| name == "account.json").unwrap();
    let account: serde_json::Value = serde_json::from_slice(account).unwrap();
    assert_eq!((account["place"].as_str(), account["pronouns"].as_str()), (Some("Ottery"), Some("he/him")));
    assert_eq!(account["links"], serde_json::json!(["https://example.org/"]));
}
