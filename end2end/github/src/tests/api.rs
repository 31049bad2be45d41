use crate::{Person, StandIn, cast};

use super::wire::{call, code_for, exchange, get, token};

#[tokio::test]
async fn serves_the_documented_profile_at_both_paths() {
    let github = StandIn::start().await;
    let token = token(&github, cast::MONA).await;
    for (path, base) in [("/user", ""), ("/api/v3/user", "/api/v3")] {
        let answer = call(&github, path, &token).await;
        let user = answer.json();
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        assert_eq!((user["id"].as_u64(), user["login"].as_str()), (Some(cast::MONA), Some("mona")));
        assert_eq!((user["name"].as_str(), user["type"].as_str()), (Some("Mona Holm"), Some("User")));
        assert_eq!(user["node_id"], "MDQ6VXNlcjEwMDE=");
        assert_eq!(user["avatar_url"], format!("{}/avatars/u/1001?v=4", github.url));
        assert_eq!(user["url"], format!("{}{base}/users/mona", github.url));
        assert!(user["email"].is_null() && user["two_factor_authentication"].is_boolean() && user["plan"].is_object());
    }
    assert_eq!(call(&github, "/user/", &token).await.status, 404, "a slash at the end is another address");
}

#[tokio::test]
async fn answers_report_token_scopes_and_remaining_rate_limit() {
    let github = StandIn::start().await;
    let token = token(&github, cast::MONA).await;
    let first = call(&github, "/user", &token).await;
    assert_eq!(first.header("x-oauth-scopes"), "read:user, user:email");
    assert_eq!((first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")), ("5000", "4999"));
    assert_eq!((first.header("x-ratelimit-used"), first.header("x-ratelimit-resource")), ("1", "core"));
    assert!(first.header("x-ratelimit-reset").parse::<i64>().unwrap() > 1_700_000_000);
    assert_eq!(first.header("x-github-api-version-selected"), "2022-11-28");
    let second = call(&github, "/user/emails", &token).await;
    assert_eq!(second.header("x-ratelimit-remaining"), "4998");
    assert_eq!(second.header("x-accepted-oauth-scopes"), "user, user:email");
    assert!(!second.header("x-github-request-id").is_empty() && !second.header("date").is_empty());
    assert_ne!(first.header("x-github-request-id"), second.header("x-github-request-id"));
}

#[tokio::test]
async fn refuses_missing_user_agents_invalid_tokens_and_unknown_api_versions() {
    let github = StandIn::start().await;
    let bearer = format!("Bearer {}", token(&github, cast::MONA).await);
    let agent = ("User-Agent", "Kith");
    assert_eq!(get(&github, "/user", &[("Authorization", &bearer)]).await.status, 403);
    let nobody = get(&github, "/user", &[agent]).await;
    assert_eq!((nobody.status, &nobody.json()["message"]), (401, &"Requires authentication".into()));
    let wrong = get(&github, "/user", &[agent, ("Authorization", "Bearer gho_wrong")]).await;
    assert_eq!((wrong.status, &wrong.json()["message"]), (401, &"Bad credentials".into()));
    let other_word = bearer.replace("Bearer", "token");
    assert_eq!(get(&github, "/user", &[agent, ("Authorization", &other_word)]).await.status, 200);
    let version = |v| [agent, ("Authorization", &bearer), ("X-GitHub-Api-Version", v)];
    assert_eq!(get(&github, "/user", &version("2026-03-10")).await.status, 200);
    assert_eq!(get(&github, "/user", &version("1999-01-01")).await.status, 400);
}

#[tokio::test]
async fn serves_emails_and_private_profile_only_with_their_scopes() {
    let github = StandIn::start().await;
    let dan = token(&github, cast::DAN).await;
    let refused = call(&github, "/user/emails", &dan).await;
    assert_eq!((refused.status, &refused.json()["message"]), (404, &"Not Found".into()));
    assert_eq!(refused.header("x-oauth-scopes"), "read:user");
    let bare = exchange(&github, &code_for(&github, cast::MONA, &[]), &[]).await;
    let user = call(&github, "/user", bare["access_token"].as_str().unwrap()).await.json();
    assert_eq!((&user["login"], &user["user_view_type"]), (&"mona".into(), &"public".into()));
    assert!(user.get("two_factor_authentication").is_none() && user.get("plan").is_none());
}

#[tokio::test]
async fn paginates_emails_with_links_between_pages() {
    let github = StandIn::start().await;
    let pat = token(&github, cast::PAT).await;
    let first = call(&github, "/user/emails", &pat).await;
    let list = first.json();
    assert_eq!(list.as_array().unwrap().len(), 30);
    assert!(list.as_array().unwrap().iter().all(|email| email["primary"] == false), "the primary one is further on");
    let next = format!("<{}/user/emails?per_page=30&page=2>; rel=\"next\"", github.url);
    assert!(first.header("link").contains(&next), "{}", first.header("link"));
    let all = call(&github, "/api/v3/user/emails?per_page=500", &pat).await;
    assert_eq!(all.json().as_array().unwrap().len(), 100, "never more than a hundred");
    assert!(all.header("link").contains("/api/v3/user/emails?per_page=100&page=2>; rel=\"next\""));
    let last = call(&github, "/user/emails?per_page=100&page=2", &pat).await;
    assert_eq!((last.json().as_array().unwrap().len(), last.header("link").contains("next")), (20, false));
    assert_eq!(call(&github, "/user/emails?page=99", &pat).await.json().as_array().unwrap().len(), 0);
    let mona = token(&github, cast::MONA).await;
    assert_eq!(call(&github, "/user/emails", &mona).await.header("link"), "");
}

#[tokio::test]
async fn emails_report_primary_verified_and_visibility() {
    let github = StandIn::start().await;
    let tove = token(&github, cast::TOVE).await;
    let list = call(&github, "/user/emails", &tove).await.json();
    assert_eq!(list[1]["email"], "tove@example.org");
    assert_eq!(
        (&list[1]["primary"], &list[1]["verified"], &list[1]["visibility"]),
        (&true.into(), &true.into(), &"private".into())
    );
    assert_eq!((&list[3]["verified"], &list[3]["visibility"]), (&false.into(), &serde_json::Value::Null));
    let nils = token(&github, cast::NILS).await;
    assert_eq!(call(&github, "/user/emails", &nils).await.json(), serde_json::json!([]));
    assert!(call(&github, "/user", &nils).await.json()["name"].is_null());
    let mallory = token(&github, cast::MALLORY).await;
    assert_eq!(call(&github, "/user", &mallory).await.json()["email"], "grace@kith.example");
    assert_eq!(call(&github, "/user/emails", &mallory).await.json()[0]["verified"], false);
}

#[tokio::test]
async fn reused_logins_belong_to_a_different_id() {
    let github = StandIn::start().await;
    github.change(cast::MONA, |mona| mona.login = "mona-lisa".to_owned());
    let id = github.add(Person { login: "mona".to_owned(), ..Person::default() });
    assert_ne!(id, cast::MONA);
    let (old, new) = (token(&github, cast::MONA).await, token(&github, id).await);
    assert_eq!(call(&github, "/user", &old).await.json()["login"], "mona-lisa");
    let taken = call(&github, "/user", &new).await.json();
    assert_eq!((taken["login"].as_str(), taken["id"].as_u64()), (Some("mona"), Some(id)));
}

#[tokio::test]
async fn serves_avatars_for_known_users_only() {
    let github = StandIn::start().await;
    let answer = get(&github, "/avatars/u/1001?v=4", &[]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
    assert!(answer.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(get(&github, "/avatars/u/1?v=4", &[]).await.status, 404);
}
