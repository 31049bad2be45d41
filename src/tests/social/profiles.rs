//! Profiles.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::Site;

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
async fn usernames_ignore_case_and_unknown_names_are_refused(pool: PgPool) {
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
async fn each_username_has_its_own_unchanging_avatar(pool: PgPool) {
    let site = Site::new(&pool);
    let face = site.browser().get("/avatars/ada-1.svg").await;
    assert_eq!((face.status, face.header("content-type")), (StatusCode::OK, "image/svg+xml"));
    assert!(
        face.header("cache-control").ends_with("immutable")
            && face.header("content-security-policy").contains("sandbox")
    );
    assert_eq!(face.body, site.browser().get("/avatars/ada-1.svg").await.body);
    assert_ne!(face.body, site.browser().get("/avatars/alan-1.svg").await.body);
    for bad in ["ada-2.svg", "ada.svg", "Ada-1.svg", "ada-2.png", "..%2f..%2fetc", "a-1.svg", "%00-1.svg"] {
        assert_eq!(site.browser().get(&format!("/avatars/{bad}")).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
}

/// Returns those of these texts that a page shows, in its order.
fn order<'a>(body: &str, texts: &[&'a str]) -> Vec<&'a str> {
    let mut found: Vec<_> = texts.iter().filter_map(|text| body.find(text).map(|at| (at, *text))).collect();
    found.sort();
    found.into_iter().map(|(_, text)| text).collect()
}

/// Returns the link to the next page, if there is one.
fn older(body: &str) -> Option<String> {
    let link = body.split("class=\"pager\"").nth(1)?;
    Some(link.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
}

#[sqlx::test]
async fn profile_tabs_show_their_own_posts_and_mark_themselves_current(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let question = site.post("grace", "a question").await;
    site.post("alan", "a post").await;
    site.reply("alan", question, "an answer").await;
    let liked = site.post("barbara", "a liked one").await;
    let mut alan = site.signed_in("alan").await;
    alan.post(&format!("/posts/{liked}/like"), &[("like", "true")]).await;
    let texts = ["a question", "a post", "an answer", "a liked one"];
    for (path, shown, tab) in [
        ("/@alan", "a post", "Posts"),
        ("/@alan/replies", "an answer", "Replies"),
        ("/@alan/likes", "a liked one", "Likes"),
    ] {
        for browser in [&mut site.browser(), &mut alan] {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::OK);
            assert_eq!(order(&page.body, &texts), [shown], "{path}");
            assert!(page.body.contains(&format!("<a href=\"{path}\" aria-current=\"page\">{tab}</a>")), "{path}");
        }
    }
    let replies = site.browser().get("/@alan/replies").await.body;
    assert!(replies.contains(&format!("In reply to <a href=\"/posts/{question}\">@grace</a>")), "{replies}");
    assert!(site.browser().get("/@edsger/likes").await.body.contains("Nothing yet"));
}

#[sqlx::test]
async fn likes_are_listed_newest_first_and_paged_without_gaps(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    // 120 likes, the last post liked first; some at the very same moment.
    site.sql(
        "insert into posts (author_id, body) select id, 'words of ' || n from users, generate_series(1, 120) n
         where username = 'grace' order by n;
         insert into likes (post_id, user_id, created_at)
         select p.id, u.id, now() - interval '1 second' * (p.id / 3) from posts p, users u where u.username = 'alan'",
    )
    .await;
    let (mut path, mut seen) = ("/@alan/likes".to_owned(), Vec::new());
    loop {
        let page = site.browser().get(&path).await.body;
        let ids = page.split(" id=\"p").filter_map(|rest| rest.split('"').next()?.parse::<i64>().ok());
        seen.extend(ids);
        match older(&page) {
            Some(next) => path = next,
            None => break,
        }
    }
    let all: Vec<i64> = sqlx::query_scalar("select post_id from likes order by created_at desc, post_id desc")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(seen, all);
    assert_eq!(seen.len(), 120);
}

#[sqlx::test]
async fn followers_are_listed_newest_first_with_buttons_for_other_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (n, follower) in ["ada", "barbara", "alan"].into_iter().enumerate() {
        site.sql(&format!(
            "insert into follows (follower_id, followee_id, created_at)
             select a.id, b.id, now() - interval '1 hour' + interval '1 minute' * {n}
             from users a, users b where a.username = '{follower}' and b.username = 'grace'"
        ))
        .await;
    }
    let names = ["<small>@ada<", "<small>@alan<", "<small>@barbara<", "<small>@grace<"];
    let mut alan = site.signed_in("alan").await;
    let page = alan.get("/@grace/followers").await.body;
    let (_, list) = page.split_once("<ul class=\"people user-list\">").unwrap();
    assert_eq!(order(list, &names), [names[1], names[2], names[0]], "{page}");
    assert!(page.contains("formaction=\"/@ada/follow\"") && !page.contains("formaction=\"/@alan/follow\""));
    // Pressed without a script, it redirects back here.
    let answer = alan.post("/@ada/follow", &[("follow", "true"), ("next", "/@grace/followers")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/@grace/followers"));
    let page = alan.get("/@alan/following").await.body;
    let (_, list) = page.split_once("<ul class=\"people user-list\">").unwrap();
    assert_eq!(order(list, &names), [names[0], names[3]]);
    assert_eq!(list.matches("aria-pressed=\"true\"").count(), 2);
    let stranger = site.browser().get("/@grace/followers").await.body;
    assert!(stranger.contains("/sign-in?next=%2F%40grace%2Ffollowers") && !stranger.contains("formaction"));
    let profile = site.browser().get("/@grace").await.body;
    assert!(profile.contains("href=\"/@grace/followers\"") && profile.contains("href=\"/@grace/following\""));
}

#[sqlx::test]
async fn many_followers_are_paged_without_gaps(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.add_users("ann", 120).await;
    site.sql(
        "insert into follows (follower_id, followee_id) select a.id, b.id from users a, users b
         where a.username like 'ann%' and b.username = 'grace'",
    )
    .await;
    let (mut path, mut seen) = ("/@grace/followers".to_owned(), std::collections::BTreeSet::new());
    let mut pages = 0;
    loop {
        let page = site.browser().get(&path).await.body;
        for rest in page.split("<small>@").skip(1) {
            assert!(seen.insert(rest.split('<').next().unwrap().to_owned()), "twice");
        }
        pages += 1;
        let Some(next) = older(&page) else { break };
        let part = site.browser().get(&format!("{next}&part=list")).await.body;
        assert!(part.starts_with("<li id=") && !part.contains("<html"), "{part}");
        path = next;
    }
    assert_eq!((seen.len(), pages), (120, 3));
}

#[sqlx::test]
async fn suspended_users_show_nothing_and_appear_in_no_list(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let question = site.post("grace", "a question").await;
    site.post("edsger", "a post of his").await;
    let reply = site.reply("edsger", question, "a reply of his").await;
    site.sql(&format!(
        "update users set bio = 'a bio of his', place = 'Nuenen', links = '{{https://example.org/}}' where username = 'edsger';
         insert into likes (post_id, user_id) select {question}, id from users where username = 'edsger';
         insert into likes (post_id, user_id) select {reply}, id from users where username = 'alan';
         insert into follows (follower_id, followee_id) select a.id, b.id from users a, users b
         where 'edsger' in (a.username, b.username) and 'alan' in (a.username, b.username) and a.id <> b.id"
    ))
    .await;
    let edsger = server::accounts::find(&site.server, "edsger").await.unwrap();
    server::accounts::suspend(&site.server, edsger, "a test", None).await.unwrap();
    for path in ["/@edsger", "/@edsger/replies", "/@edsger/likes", "/@edsger/followers", "/@edsger/following"] {
        for path in [path.to_owned(), format!("{path}?part=list")] {
            let body = site.browser().get(&path).await.body;
            for hidden in ["of his", "a question", "Nuenen", "example.org/\"", "@alan<"] {
                assert!(!body.contains(hidden), "{hidden} at {path}: {body}");
            }
        }
    }
    for path in ["/@alan/likes", "/@alan/followers", "/@alan/following"] {
        assert!(!site.browser().get(path).await.body.contains("edsger"), "{path}");
    }
}

#[sqlx::test]
async fn former_usernames_redirect_on_every_profile_page(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "insert into former_usernames (username, user_id, reserved_until)
         select 'turing', id, now() + interval '1 day' from users where username = 'alan'",
    )
    .await;
    for tail in ["", "/replies", "/likes", "/followers", "/following"] {
        let answer = site.browser().get(&format!("/@turing{tail}")).await;
        assert_eq!(answer.location(), format!("/@alan{tail}"));
        assert_eq!(site.browser().get(&format!("/@nobody_here{tail}")).await.status, StatusCode::NOT_FOUND);
    }
}

#[sqlx::test]
async fn invalid_cursors_on_profile_lists_are_not_found(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for path in ["/@alan/likes", "/@alan/followers", "/@alan/following"] {
        for place in ["x", "1", "1-", "-1", "1-2-3", "99999999999999999999-1", "%00", "1%27--"] {
            let status = site.browser().get(&format!("{path}?before={place}")).await.status;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path} {place}");
        }
        assert_eq!(site.browser().get(&format!("{path}?before=1-1")).await.status, StatusCode::OK);
    }
}

#[sqlx::test]
async fn empty_lists_state_their_number_of_hidden_entries(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let follow = |follower: &str, followee: &str| {
        format!(
            "insert into follows (follower_id, followee_id) select a.id, b.id from users a, users b
             where a.username = '{follower}' and b.username = '{followee}'"
        )
    };
    let post = site.post("alan", "a post with replies").await;
    let mut alan = site.signed_in("alan").await;
    let said = async |path: &str, words: &str| {
        let page = site.browser().get(path).await.body;
        assert!(page.contains(words), "{path}: no `{words}` in {page}");
    };
    said("/@alan/followers", "Nobody yet").await;
    said("/@alan/following", "Nobody yet").await;
    said(&format!("/posts/{post}"), "No replies yet.").await;
    for (n, suspended) in ["edsger", "barbara"].into_iter().enumerate() {
        site.sql(&follow(suspended, "alan")).await;
        site.sql(&follow("alan", suspended)).await;
        site.reply(suspended, post, "a reply").await;
        site.sql(&format!("update users set suspended_at = now() where username = '{suspended}'")).await;
        let words = match n {
            0 => ["The account that follows Alan is", "The account that Alan follows is", "The only reply is hidden."],
            _ => [
                "The 2 accounts that follow Alan are",
                "The 2 accounts that Alan follows are",
                "All 2 replies are hidden.",
            ],
        };
        for (path, words) in ["/@alan/followers", "/@alan/following", &format!("/posts/{post}")].into_iter().zip(words)
        {
            said(path, words).await;
            assert!(!site.browser().get(path).await.body.contains(" yet"), "{path}");
        }
    }
    assert!(alan.get("/@alan/followers").await.body.contains("The 2 accounts that follow you are suspended."));
    assert!(alan.get("/@alan/following").await.body.contains("The 2 accounts that you follow are suspended."));
    // One present user is enough.
    site.sql(&follow("grace", "alan")).await;
    assert!(!site.browser().get("/@alan/followers").await.body.contains("suspended"));
}
