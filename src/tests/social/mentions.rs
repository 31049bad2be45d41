//! Mentions link to the user they meant, and never to a later owner of the username.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Browser, Site};

const LEFT: &str = "select count(*) from posts where html like '%href=\"/@%'";

/// barbara mentions alan and ada in a post and in her bio.
async fn named(site: &Site) -> Browser {
    let mut barbara = site.signed_in("barbara").await;
    barbara.post("/posts", &[("body", "for @Alan and @ada")]).await;
    let bio = [
        ("display_name", ""),
        ("pronouns", ""),
        ("place", ""),
        ("bio", "a *friend* of @alan and @ada"),
        ("link1", ""),
        ("link2", ""),
        ("link3", ""),
        ("link4", ""),
    ];
    barbara.post("/settings/profile", &bio).await;
    barbara
}

async fn sweep(site: &Site) {
    server::worker::sweep::everything(&site.server).await.unwrap();
}

async fn leave(site: &Site, username: &str) {
    let mut leaving = site.signed_in(username).await;
    let gone = leaving.post("/settings/account/delete", &[("username_again", username)]).await;
    assert_eq!(gone.location(), "/", "{}", gone.body);
}

#[sqlx::test]
async fn names_of_deleted_users_lose_their_links_and_are_reserved(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut barbara = named(&site).await;
    leave(&site, "alan").await;
    let fields = [("email", "x@kith.example"), ("username", "alan"), ("password", "seven green umbrellas sing")];
    let sign_up = site.browser().post("/sign-up", &fields).await;
    assert_eq!(sign_up.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(sign_up.body.contains("taken") && sign_up.body.contains("alan_"), "and others are offered");
    let take = [("username", "alan")];
    let taken = barbara.post("/settings/account/username", &take).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.browser().get("/@alan").await.status, StatusCode::NOT_FOUND);
    sweep(&site).await;
    for page in ["/", "/@barbara"] {
        let body = site.browser().get(page).await.body;
        assert!(!body.contains("href=\"/@alan\"") && body.contains("<a href=\"/@ada\">@ada</a>"), "{page}: {body}");
    }
    let page = site.browser().get("/@barbara").await.body;
    assert!(page.contains("for @Alan and") && page.contains("a <em>friend</em> of @alan and"), "the words stay");
    assert_eq!(site.count("select count(*) from post_mentions").await, 1);
    site.sql("update former_usernames set reserved_until = now() - interval '1 second'").await;
    sweep(&site).await;
    assert_eq!(site.count("select count(*) from former_usernames").await, 0);
    assert_eq!(
        site.signed_in("edsger").await.post("/settings/account/username", &take).await.flash(),
        "username-changed"
    );
    sweep(&site).await;
    let page = site.browser().get("/@barbara").await.body;
    assert!(!page.contains("href=\"/@alan\""), "what was said of another is not said of them: {page}");
}

#[sqlx::test]
async fn mentions_link_to_the_same_user_after_renames(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    named(&site).await;
    let mut alan = site.signed_in("alan").await;
    for (name, sweeps) in [("turing", 1), ("am_turing", 0), ("turing", 1)] {
        site.reset_limits().await;
        alan.post("/settings/account/username", &[("username", name)]).await;
        for _ in 0..sweeps {
            sweep(&site).await;
        }
    }
    site.sql("update former_usernames set reserved_until = now() - interval '1 second'").await;
    sweep(&site).await;
    let mut edsger = site.signed_in("edsger").await;
    assert_eq!(edsger.post("/settings/account/username", &[("username", "alan")]).await.flash(), "username-changed");
    sweep(&site).await;
    for (page, link) in
        [("/", "for <a href=\"/@turing\">@Alan</a>"), ("/@barbara", "of <a href=\"/@turing\">@alan</a>")]
    {
        let body = site.browser().get(page).await.body;
        assert!(body.contains(link) && !body.contains("href=\"/@alan\">@"), "{page}: {body}");
    }
    assert_eq!(site.count("select count(*) from posts where edited_at is not null").await, 0);
}

#[sqlx::test]
async fn account_deletion_leaves_unlinking_many_mentions_to_the_sweeper(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "insert into posts (author_id, body, html)
         select id, 'hello @alan', '<p>hello <a href=\"/@alan\">@alan</a></p>' from users, generate_series(1, 1100)
         where username = 'ada';
         insert into post_mentions (post_id, user_id) select p.id, u.id from posts p, users u where u.username = 'alan'",
    )
    .await;
    // Account deletion does not wait for changes that other users make to these posts.
    let mut others = pool.begin().await.unwrap();
    sqlx::query("select from posts for update").execute(&mut *others).await.unwrap();
    leave(&site, "alan").await;
    others.rollback().await.unwrap();
    assert_eq!(site.count(LEFT).await, 1_100);
    sweep(&site).await;
    assert_eq!(site.count(LEFT).await, 0);
    assert_eq!(site.count("select count(*) from posts where html = '<p>hello @alan</p>'").await, 1_100);
    assert_eq!(site.count("select count(*) from post_mentions").await, 0);
}

#[sqlx::test]
async fn earlier_versions_of_posts_link_no_mentions(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut barbara = named(&site).await;
    let post = site.count("select id from posts").await;
    barbara.post(&format!("/posts/{post}/edit"), &[("body", "for *nobody*")]).await;
    leave(&site, "alan").await;
    let page = site.browser().get(&format!("/posts/{post}/history")).await.body;
    assert!(page.contains("for @Alan and @ada") && page.contains("<em>nobody</em>"), "{page}");
    assert!(!page.contains("href=\"/@alan\"") && !page.contains("href=\"/@ada\""), "{page}");
}

#[sqlx::test]
async fn sign_ups_racing_an_account_deletion_cannot_claim_its_name(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    let mut newcomer = site.browser();
    // A sign-up from before: the name was checked while it was free, and is decided at the end.
    site.sql("update users set username = 'somebody' where username = 'alan'").await;
    let fields = [("email", "x@kith.example"), ("username", "alan"), ("password", "seven green umbrellas sing")];
    assert_eq!(newcomer.post("/sign-up", &fields).await.location(), "/sign-up/verify");
    site.sql("update users set username = 'alan' where username = 'somebody'").await;
    let code = site.code_to("x@kith.example").await;
    // Stops an account deletion when all but its last step is done.
    let mut held = pool.begin().await.unwrap();
    sqlx::query("lock table audit_events in share mode").execute(&mut *held).await.unwrap();
    let leaving = tokio::spawn(async move {
        alan.post("/settings/account/delete", &[("username_again", "alan")]).await.location().to_owned()
    });
    crate::tests::operations::lock_order::waited_for(&pool).await;
    let signing = tokio::spawn(async move { newcomer.post("/sign-up/verify", &[("code", &code)]).await });
    crate::tests::operations::lock_order::waiting(&pool, 2).await;
    held.rollback().await.unwrap();
    assert_eq!(leaving.await.unwrap(), "/");
    signing.await.unwrap();
    assert_eq!(site.count("select count(*) from users where username = 'alan'").await, 0);
}
