//! Recovery of an account to which an intruder may have linked a provider; its pending items and their lifetime; its
//! limits.

use http::StatusCode;
use server::limits;
use sqlx::PgPool;
use stand_in_github::cast;

use super::{
    World,
    world::{choose, come_back},
};
use crate::tests::{PASSWORD, identity::recovery::link_to};

const NEW: &str = "seven green umbrellas sing";

// H03.
#[sqlx::test]
async fn a_password_reset_shows_the_linked_identities_once(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut intruder = world.site.signed_in("alan").await;
    assert_eq!(world.link(&mut intruder, cast::MONA).await.location(), "/settings/connections");
    for (who, onward) in [("alan", "/settings/connections"), ("barbara", "/")] {
        let address = format!("{who}@kith.example");
        let mut owner = world.browser();
        owner.post("/forgot-password", &[("email", &address)]).await;
        let token = link_to(&world.site, &address, "/reset-password").await;
        owner.get(&format!("/reset-password?token={token}")).await;
        let answer = owner.post("/reset-password", &[("new_password", NEW)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, onward), "{who}: {}", answer.body);
        let page = owner.get(onward).await.body;
        let asks = "also opens with GitHub (mona). Disconnect what isn’t yours.";
        assert_eq!(page.contains(asks), who == "alan", "{page}");
        assert!(!owner.get("/settings/connections").await.body.contains(asks), "said once");
        if who == "alan" {
            // They have just elevated: one press, and the intruder's identity is unlinked.
            assert_eq!(owner.post("/settings/connections/github/unlink", &[]).await.flash(), "disconnected");
            let mut again = world.browser();
            world.come_in(&mut again, cast::MONA).await;
            assert_eq!((again.who().await, intruder.who().await), (None, None));
        }
    }
}

#[sqlx::test]
async fn authorization_requests_and_pending_sign_ups_expire_and_are_swept(pool: PgPool) {
    let world = World::new(&pool).await;
    let sweep = async || {
        server::worker::sweep::everything(&world.site.server).await.unwrap();
    };
    for (minutes, in_time) in [(9, true), (10, false)] {
        let mut browser = world.browser();
        let url = world.set_out(&mut browser).await;
        world
            .site
            .sql(&format!("update authorization_requests set expires_at = expires_at - interval '{minutes} minutes'"))
            .await;
        sweep().await;
        assert_eq!(
            world.site.count("select count(*) from authorization_requests").await,
            i64::from(in_time),
            "{minutes}"
        );
        let answer = come_back(&mut browser, &world.github.approve(&url, cast::MONA)).await;
        assert_eq!(answer.location() == "/sign-up/provider", in_time, "{minutes}: {}", answer.status);
    }
    for (minutes, in_time) in [(29, true), (30, false)] {
        world.site.sql("delete from pending_oauth_sign_ups").await;
        let mut browser = world.browser();
        assert_eq!(world.come_in(&mut browser, cast::MONA).await.location(), "/sign-up/provider");
        world
            .site
            .sql(&format!("update pending_oauth_sign_ups set expires_at = expires_at - interval '{minutes} minutes'"))
            .await;
        let rows = "select count(*) from pending_oauth_sign_ups";
        let status = browser.get("/sign-up/provider").await.status;
        assert_eq!(status == StatusCode::OK, in_time, "{minutes}: {status}");
        sweep().await;
        assert_eq!(world.site.count(rows).await, i64::from(in_time), "{minutes}");
        let answer = choose(&mut browser, "mona", "mona@example.org").await;
        assert_eq!(answer.location() == "/", in_time, "{minutes}: {}", answer.status);
        world.site.sql("delete from users").await;
    }
}

#[sqlx::test]
async fn registrations_last_thirty_minutes_and_session_links_seven_days(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    for (minutes, in_time) in [(29, true), (30, false)] {
        world.site.sql("delete from users where username = 'newcomer'; delete from limits").await;
        let mut joining = world.browser();
        let fields = [("email", "new@kith.example"), ("username", "newcomer"), ("password", NEW)];
        joining.post("/sign-up", &fields).await;
        let code = world.site.code_to("new@kith.example").await;
        world
            .site
            .sql(&format!("update registrations set expires_at = expires_at - interval '{minutes} minutes'"))
            .await;
        server::worker::sweep::everything(&world.site.server).await.unwrap();
        let answer = joining.post("/sign-up/verify", &[("code", &code)]).await;
        assert_eq!(answer.location() == "/", in_time, "{minutes}: {}", answer.status);
    }
    for (hours, in_time) in [(7 * 24 - 1, true), (7 * 24, false)] {
        world
            .site
            .sql("delete from email_links; delete from jobs; delete from limits; delete from known_browsers")
            .await;
        let mut alan = world.site.signed_in("alan").await;
        let token = link_to(&world.site, "alan@kith.example", "/end-session").await;
        world.site.sql(&format!("update email_links set expires_at = expires_at - interval '{hours} hours'")).await;
        let mut mailbox = world.browser();
        mailbox.get(&format!("/end-session?token={token}")).await;
        let flash = mailbox.post("/end-session", &[]).await.flash().to_owned();
        assert_eq!(flash, if in_time { "session-ended" } else { "session-link-gone" }, "{hours}");
        assert_eq!(alan.who().await.is_none(), in_time, "{hours}");
    }
}

#[sqlx::test]
async fn known_browsers_have_their_own_limit_for_oauth_sign_ins(pool: PgPool) {
    let world = World::with_cast(&pool).await;
    let mut mine = world.site.signed_in("alan").await;
    mine.post("/sign-out", &[]).await;
    for _ in 0..limits::OAUTH_CLIENT.most {
        world.set_out(&mut world.browser()).await;
    }
    assert_eq!(world.browser().post("/auth/github", &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
    for n in 0..limits::OAUTH_BROWSER.most + 1 {
        let status = mine.clone().post("/auth/github", &[]).await.status;
        assert_eq!(status == StatusCode::TOO_MANY_REQUESTS, n == limits::OAUTH_BROWSER.most, "{n}: {status}");
    }
    // A made-up cookie gives no more than that, and all of them together are limited.
    let mut last = StatusCode::OK;
    let mut set_out = limits::OAUTH_BROWSER.most;
    for n in 0..limits::OAUTH_CROWD.most {
        let mut made_up = world.browser();
        let cookie = server::base::random::Token::new().text();
        made_up.cookies.insert("__Host-browser".into(), cookie);
        last = made_up.post("/auth/github", &[]).await.status;
        if last == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert_eq!(last, StatusCode::OK, "{n}");
        set_out += 1;
    }
    assert_eq!((last, set_out), (StatusCode::TOO_MANY_REQUESTS, limits::OAUTH_CROWD.most));
    assert_eq!(world.browser().at("198.51.100.1").try_sign_in("alan", PASSWORD).await.status, StatusCode::SEE_OTHER);
}
