use crate::{CLIENT_ID, StandIn, cast};

use super::wire::{CALLBACK, CHALLENGE, authorize, code_for, exchange, get, post, query};

#[tokio::test]
async fn page_offers_all_users_and_cancel_and_preserves_the_request() {
    let github = StandIn::start().await;
    let page = get(&github, &authorize(&[("state", "a\"b"), ("scope", "user:email"), ("login", "Tove")]), &[]).await;
    let text = page.text();
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    for id in [cast::MONA, cast::ODD] {
        assert!(text.contains(&format!("name=\"person\" value=\"{id}\"")), "{id}");
    }
    assert!(text.contains("name=\"cancel\"") && text.contains("value=\"a&quot;b\"") && text.contains("stand-in"));
    assert!(text.contains("&lt;b&gt;Odd") && !text.contains("<b>Odd"));
    let first = text.find("name=\"person\"").unwrap();
    assert!(
        text[first..].starts_with(&format!("name=\"person\" value=\"{}\"", cast::TOVE)),
        "the suggested one is first"
    );
}

#[tokio::test]
async fn consent_redirects_back_with_a_code_and_the_state() {
    let github = StandIn::start().await;
    let ask = authorize(&[("state", "x y&z"), ("redirect_uri", &format!("{CALLBACK}/deeper?a=b"))]);
    let answer = post(&github, &ask, &[("person", &cast::MONA.to_string())], &[]).await;
    let to = answer.header("location");
    assert_eq!(answer.status, 302);
    assert!(to.starts_with(&format!("{CALLBACK}/deeper?a=b&code=")), "{to}");
    assert_eq!((query(to, "state").as_str(), query(to, "code").len()), ("x y&z", 20));
    // As the page's form does, with everything in its fields.
    let fields = [("client_id", CLIENT_ID), ("state", "s"), ("person", "1001")];
    let answer = post(&github, "/login/oauth/authorize", &fields, &[]).await;
    assert!(answer.header("location").starts_with(&format!("{CALLBACK}?code=")));
}

#[tokio::test]
async fn cancelling_redirects_back_with_access_denied() {
    let github = StandIn::start().await;
    let answer = post(&github, &authorize(&[("state", "s")]), &[("cancel", "1")], &[]).await;
    let to = answer.header("location");
    assert!(to.starts_with(CALLBACK));
    assert_eq!((query(to, "error").as_str(), query(to, "state").as_str()), ("access_denied", "s"));
    assert!(!query(to, "error_description").is_empty() && query(to, "error_uri").ends_with("#access-denied"));
    assert_eq!(query(to, "code"), "");
    assert_eq!(query(&github.deny(&format!("{}{}", github.url, authorize(&[]))), "error"), "access_denied");
}

#[tokio::test]
async fn an_unregistered_app_gets_no_redirect_at_all() {
    let github = StandIn::start().await;
    let answer = get(&github, "/login/oauth/authorize?client_id=else&redirect_uri=https://evil.example/", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (404, ""));
    assert_eq!(post(&github, "/login/oauth/authorize?client_id=else", &[("person", "1001")], &[]).await.status, 404);
}

#[tokio::test]
async fn reports_a_mismatched_redirect_uri_to_the_registered_callback() {
    let github = StandIn::start().await;
    let ask = authorize(&[("state", "s"), ("redirect_uri", "https://evil.example/auth/github/callback")]);
    let answer = get(&github, &ask, &[]).await;
    let to = answer.header("location");
    assert!(to.starts_with(&format!("{CALLBACK}?error=redirect_uri_mismatch")), "{to}");
    assert_eq!(query(to, "state"), "s");
}

#[tokio::test]
async fn suspended_apps_receive_application_suspended() {
    let github = StandIn::start().await;
    github.app(|app| app.suspended = true);
    let answer = get(&github, &authorize(&[]), &[]).await;
    assert_eq!(query(answer.header("location"), "error"), "application_suspended");
}

#[tokio::test]
async fn accepts_only_sha_256_challenges() {
    let github = StandIn::start().await;
    let good = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    assert_eq!(get(&github, &authorize(&good), &[]).await.status, 200);
    for bad in [
        &[("code_challenge", CHALLENGE), ("code_challenge_method", "plain")][..],
        &[("code_challenge", CHALLENGE)],
        &[("code_challenge_method", "S256")],
        &[("code_challenge", "short"), ("code_challenge_method", "S256")],
    ] {
        let answer = get(&github, &authorize(bad), &[]).await;
        assert_eq!(query(answer.header("location"), "error"), "invalid_request", "{bad:?}");
    }
}

#[tokio::test]
async fn skips_consent_for_remembered_users_unless_the_request_demands_it() {
    let github = StandIn::start().await;
    let ask = authorize(&[("scope", "user:email")]);
    let answer = post(&github, &ask, &[("person", "1001"), ("remember", "on")], &[]).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let cookie = [("Cookie", cookie.as_str())];
    assert_eq!(get(&github, &ask, &cookie).await.status, 302);
    assert_eq!(get(&github, &ask, &[]).await.status, 200);
    assert_eq!(get(&github, &format!("{ask}&prompt=select_account"), &cookie).await.status, 200);
    assert_eq!(get(&github, &authorize(&[("scope", "repo")]), &cookie).await.status, 200, "more than was agreed to");
}

#[tokio::test]
async fn creates_new_users_unless_the_app_forbids_sign_up() {
    let github = StandIn::start().await;
    let new = [("new_login", "newcomer"), ("new_email", "new@example.org")];
    let answer = post(&github, &authorize(&[("scope", "user:email")]), &new, &[]).await;
    let code = query(answer.header("location"), "code");
    assert!(exchange(&github, &code, &[]).await["access_token"].is_string());
    let closed = authorize(&[("allow_signup", "false")]);
    assert!(!get(&github, &closed, &[]).await.text().contains("new_login"));
    assert_eq!(post(&github, &closed, &new, &[]).await.status, 403);
}

#[tokio::test]
async fn deleting_an_account_invalidates_its_codes() {
    let github = StandIn::start().await;
    let code = code_for(&github, cast::MONA, &[]);
    github.remove(cast::MONA);
    assert_eq!(exchange(&github, &code, &[]).await["error"], "bad_verification_code");
    assert_eq!(
        query(&github.approve(&format!("{}{}", github.url, authorize(&[])), cast::MONA), "error"),
        "access_denied"
    );
}
