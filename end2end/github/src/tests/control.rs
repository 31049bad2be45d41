use crate::{Endpoint, StandIn, cast};

use super::wire::{Answer, ask, call, get, post, token};

async fn turn(github: &StandIn, json: &str) -> Answer {
    ask(github, "POST /_control", &[("Content-Type", "application/json")], json).await.unwrap()
}

#[tokio::test]
async fn control_sets_answers_globally_or_for_one_user() {
    let github = StandIn::start().await;
    let (mona, tove) = (token(&github, cast::MONA).await, token(&github, cast::TOVE).await);
    turn(&github, r#"{"always": [{"endpoint": "user", "answer": "server_error", "person": 1001}]}"#).await;
    assert_eq!(call(&github, "/user", &tove).await.status, 200);
    assert_eq!(call(&github, "/user", &mona).await.status, 500);
    turn(&github, r#"{"recover": {"person": 1001}, "next": [{"endpoint": "user", "answer": {"redirect": "http://127.0.0.1:1/"}}]}"#).await;
    assert_eq!(call(&github, "/user", &mona).await.header("location"), "http://127.0.0.1:1/");
    assert_eq!(call(&github, "/user", &mona).await.status, 200);
    let mode = r#"{"next": [{"endpoint": "user", "answer": {"secondary_limit": {"status": 429, "retry_after": 9}}}]}"#;
    assert_eq!(turn(&github, mode).await.status, 200);
    assert_eq!(call(&github, "/user", &mona).await.header("retry-after"), "9");
}

#[tokio::test]
async fn control_adds_removes_and_resets_users() {
    let github = StandIn::start().await;
    let person = r#"{"people": [{"login": "zoe", "emails": [{"email": "z@example.org", "primary": true, "verified": true}]}], "remove": [1001]}"#;
    let id = turn(&github, person).await.json()["people"][0].as_u64().unwrap();
    assert_eq!(github.person(id).unwrap().login, "zoe");
    assert!(github.person(cast::MONA).is_none());
    turn(&github, r#"{"reset": true}"#).await;
    assert!(github.person(id).is_none() && github.person(cast::MONA).is_some());
    let look = get(&github, "/_control", &[]).await.json();
    assert_eq!(look["people"].as_array().unwrap().len(), 14);
    get(&github, "/avatars/u/1001", &[]).await;
    assert_eq!(get(&github, "/_control", &[]).await.json()["requests"][0]["endpoint"], "avatar");
    assert_eq!(github.asked(Endpoint::Avatar), 1);
}

#[tokio::test]
async fn control_refuses_bodies_other_than_valid_json() {
    let github = StandIn::start().await;
    assert_eq!(post(&github, "/_control", &[("reset", "true")], &[]).await.status, 415);
    assert_eq!(ask(&github, "POST /_control", &[("Content-Type", "text/plain")], "{}").await.unwrap().status, 415);
    assert_eq!(turn(&github, r#"{"nonsense": 1}"#).await.status, 422);
}
