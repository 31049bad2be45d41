//! Text: HTML rendered by older rules, mentions that survive renames and edits, posts of symbols only.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::Site;

const MENTIONED: &str = "select count(*) from notifications where kind = 'mention' and withdrawn_at is null";

async fn sweep(site: &Site) {
    server::worker::sweep::everything(&site.server).await.unwrap();
}

#[sqlx::test]
async fn posts_rendered_by_older_rules_are_rendered_again(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "#ΟΔΟΣ #हिन्दी @ada @grace\u{202e}").await;
    site.sql(&format!(
        "update posts set html = '<p>old @grace</p>' where id = {post};
         insert into post_tags (tag, post_id) values ('οδοσ', {post}), ('हिन', {post});
         insert into post_mentions (post_id, user_id) select {post}, id from users where username = 'ada'"
    ))
    .await;
    sweep(&site).await;
    let body = site.browser().get("/").await.body;
    assert!(body.contains(">#हिन्दी</a>") && !body.contains('\u{202e}'), "{body}");
    assert!(body.contains("<a href=\"/@ada\">@ada</a> @grace"), "no new mention: {body}");
    let tags = "select count(*) from post_tags where tag in ('οδος', 'हिन्दी')";
    assert_eq!((site.count(tags).await, site.count("select count(*) from post_tags").await), (2, 2));
    assert_eq!(site.count("select count(*) from posts where render_version < 1").await, 0);
    let old = site.browser().get("/tags/%CE%BF%CE%B4%CE%BF%CF%83").await;
    assert!(old.status.is_redirection(), "{}", old.status);
    assert_eq!(old.location(), "/tags/%CE%BF%CE%B4%CE%BF%CF%82");
    // As an older instance of the server edits.
    site.sql("update posts set body = '#new', html = '<p>old</p>'").await;
    sweep(&site).await;
    assert_eq!(site.count("select count(*) from post_tags where tag = 'new'").await, 1);
}

#[sqlx::test]
async fn profiles_saved_by_older_rules_are_cleaned_and_rendered_again(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "update users set display_name = E'\\u034f\\ufe00', place = E'Upper\\u2800\\u2800Ottery', bio = '#ค่า [x]: y @ada',
            bio_html = 'old' where username = 'alan';
         update users set bio_version = 0;
         insert into bio_mentions (owner_id, user_id, name)
         select o.id, u.id, 'ada' from users o, users u where o.username = 'alan' and u.username = 'ada'",
    )
    .await;
    sweep(&site).await;
    assert_eq!(site.count("select count(*) from users where display_name = '' and place = 'Upper Ottery'").await, 1);
    let page = site.browser().get("/@alan").await.body;
    assert!(page.contains(">#ค่า</a> [x]: y <a href=\"/@ada\">@ada</a>"), "{page}");
    assert_eq!(site.count("select count(*) from users where bio_version < 1").await, 0);
}

#[sqlx::test]
async fn a_former_username_mentions_its_owner_until_it_is_released(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut ada = site.signed_in("ada").await;
    ada.post("/settings/account/username", &[("username", "lovelace")]).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/posts", &[("body", "for @ada, that is @Lovelace")]).await;
    let body = site.browser().get("/").await.body;
    assert!(
        body.contains("for <a href=\"/@lovelace\">@ada</a>, that is <a href=\"/@lovelace\">@Lovelace</a>"),
        "{body}"
    );
    assert_eq!(site.count(MENTIONED).await, 1);
    site.sql("update former_usernames set reserved_until = now() - interval '1 second'").await;
    alan.post("/posts", &[("body", "too late for @ada")]).await;
    assert!(site.browser().get("/").await.body.contains("too late for @ada"));
    assert_eq!(site.count(MENTIONED).await, 1);
}

#[sqlx::test]
async fn an_edit_keeps_the_mentions_of_renamed_and_suspended_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    alan.post("/posts", &[("body", "for @ada and @grace")]).await;
    let post = site.count("select id from posts").await;
    let mut ada = site.signed_in("ada").await;
    ada.post("/settings/account/username", &[("username", "lovelace")]).await;
    site.sql("update former_usernames set reserved_until = now() - interval '1 second'").await;
    sweep(&site).await;
    // The name is another user's by now.
    site.sql("update users set username = 'ada' where username = 'edsger'").await;
    let grace = server::accounts::find(&site.server, "grace").await.unwrap();
    server::accounts::suspend(&site.server, grace, "rude", None).await.unwrap();
    assert_eq!(site.count(MENTIONED).await, 2);
    alan.post(&format!("/posts/{post}/edit"), &[("body", "for @ada and @grace!")]).await;
    assert_eq!((site.count(MENTIONED).await, site.count("select count(*) from post_mentions").await), (2, 2));
    assert!(
        site.browser()
            .get("/")
            .await
            .body
            .contains("for <a href=\"/@lovelace\">@ada</a> and <a href=\"/@grace\">@grace</a>!")
    );
    alan.post(&format!("/posts/{post}/edit"), &[("body", "for @grace")]).await;
    assert_eq!(site.count(MENTIONED).await, 1, "a name that is taken out is mentioned no more");
}

#[sqlx::test]
async fn posts_with_too_many_mentions_or_tags_are_refused(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.add_users("fan", 21).await;
    let names = sqlx::query_scalar::<_, String>("select username from users where username like 'fan%' order by id");
    let names: Vec<String> = names.fetch_all(&pool).await.unwrap().iter().map(|name| format!("@{name}")).collect();
    let mut alan = site.signed_in("alan").await;
    let refused = alan.post("/posts", &[("body", &names.join(" "))]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("You can mention at most 20 people here. Leave out 1."), "{}", refused.body);
    let tags: Vec<String> = (0..23).map(|n| format!("#tag{n}")).collect();
    let refused = alan.post("/posts", &[("body", &tags.join(" "))]).await;
    assert!(refused.body.contains("You can use at most 20 tags here. Leave out 3."), "{}", refused.body);
    let most = format!("{} @nobody @noone", names[..20].join(" "));
    assert_eq!(alan.post("/posts", &[("body", &most)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.count(MENTIONED).await, 20);
}

#[sqlx::test]
async fn posts_of_symbols_have_titles_and_invisible_posts_are_refused(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    for body in ["#", "[]()", "---", "> >", "```"] {
        alan.post("/posts", &[("body", body)]).await;
        let post = site.count("select max(id) from posts").await;
        let page = site.browser().get(&format!("/posts/{post}")).await.body;
        let shown = body.replace('>', "&gt;");
        let titled = [shown.as_str(), body].iter().any(|text| page.contains(&format!(": {text}")));
        assert!(page.contains(&format!("<p>{shown}</p>")) && titled, "{body}: {page}");
    }
    for invisible in ["\u{34f}", "\u{fe0f}\u{200d}", "\u{2800}", "\u{1d173}"] {
        let refused = alan.post("/posts", &[("body", invisible)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{invisible:?}");
    }
}
