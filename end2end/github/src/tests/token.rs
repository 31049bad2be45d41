use std::time::Duration;

use crate::{CLIENT_ID, CLIENT_SECRET, StandIn, cast};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::wire::{CALLBACK, CHALLENGE, VERIFIER, code, code_for, encode, exchange, post};

const PATH: &str = "/login/oauth/access_token";

#[tokio::test]
async fn answers_as_a_form_unless_json_is_requested() {
    let github = StandIn::start().await;
    let (first, second) = (code(&github, cast::MONA), code(&github, cast::MONA));
    let fields = |code| [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("code", code)];
    let form = post(&github, PATH, &fields(&first), &[]).await;
    assert!(form.header("content-type").starts_with("application/x-www-form-urlencoded"));
    assert!(form.text().starts_with("access_token=gho_") && form.text().ends_with("&token_type=bearer"));
    let json = post(&github, PATH, &fields(&second), &[("Accept", "application/json")]).await.json();
    assert!(json["access_token"].as_str().unwrap().starts_with("gho_"));
    assert_eq!((&json["token_type"], &json["scope"]), (&"bearer".into(), &"read:user,user:email".into()));
    let refused = post(&github, PATH, &fields("none"), &[]).await;
    assert_eq!(refused.status, 200);
    assert!(refused.text().starts_with("error=bad_verification_code&error_description="));
}

#[tokio::test]
async fn codes_work_once_and_expire_after_ten_minutes() {
    let github = StandIn::start().await;
    let (used, kept) = (code(&github, cast::MONA), code(&github, cast::MONA));
    assert!(exchange(&github, &used, &[]).await["access_token"].is_string());
    assert_eq!(exchange(&github, &used, &[]).await["error"], "bad_verification_code");
    github.later(Duration::from_secs(601));
    assert_eq!(exchange(&github, &kept, &[]).await["error"], "bad_verification_code");
    assert_eq!(exchange(&github, "", &[]).await["error"], "bad_verification_code");
}

#[tokio::test]
async fn refuses_wrong_credentials_with_200_and_preserves_the_code() {
    let github = StandIn::start().await;
    let code = code(&github, cast::MONA);
    for (id, secret) in [(CLIENT_ID, "wrong"), ("wrong", CLIENT_SECRET), ("", "")] {
        let fields = [("client_id", id), ("client_secret", secret), ("code", &code)];
        let answer = post(&github, PATH, &fields, &[("Accept", "application/json")]).await;
        assert_eq!((answer.status, &answer.json()["error"]), (200, &"incorrect_client_credentials".into()));
        assert!(answer.json()["error_description"].is_string() && answer.json()["error_uri"].is_string());
    }
    assert!(exchange(&github, &code, &[]).await["access_token"].is_string());
}

#[tokio::test]
async fn accepts_client_credentials_in_a_basic_header() {
    let github = StandIn::start().await;
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    let code = code(&github, cast::MONA);
    let answer = post(&github, PATH, &[("code", &code)], &[("Authorization", &basic)]).await;
    assert!(answer.text().starts_with("access_token="));
}

#[tokio::test]
async fn refuses_a_redirect_uri_other_than_the_authorized_one() {
    let github = StandIn::start().await;
    let asked = [("redirect_uri", CALLBACK)];
    let other = [("redirect_uri", "https://kith.example/auth/github/callback/other")];
    let first = code_for(&github, cast::MONA, &asked);
    assert_eq!(exchange(&github, &first, &other).await["error"], "redirect_uri_mismatch");
    let second = code_for(&github, cast::MONA, &asked);
    assert!(exchange(&github, &second, &asked).await["access_token"].is_string());
}

#[tokio::test]
async fn codes_with_a_challenge_require_the_matching_verifier() {
    let github = StandIn::start().await;
    let asked = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    for wrong in [&[][..], &[("code_verifier", "wrong")], &[("code_verifier", CHALLENGE)]] {
        let code = code_for(&github, cast::MONA, &asked);
        assert_eq!(exchange(&github, &code, wrong).await["error"], "bad_verification_code", "{}", encode(wrong));
        assert_eq!(exchange(&github, &code, &[("code_verifier", VERIFIER)]).await["error"], "bad_verification_code");
    }
    let code = code_for(&github, cast::MONA, &asked);
    assert!(exchange(&github, &code, &[("code_verifier", VERIFIER)]).await["access_token"].is_string());
}

#[tokio::test]
async fn refuses_users_with_an_unverified_primary_address() {
    let github = StandIn::start().await;
    assert_eq!(exchange(&github, &code(&github, cast::UMA), &[]).await["error"], "unverified_user_email");
    github.change(cast::UMA, |uma| uma.refused = false);
    assert!(exchange(&github, &code(&github, cast::UMA), &[]).await["access_token"].is_string());
}

#[tokio::test]
async fn grants_fewer_scopes_or_none() {
    let github = StandIn::start().await;
    assert_eq!(exchange(&github, &code(&github, cast::DAN), &[]).await["scope"], "read:user");
    assert_eq!(exchange(&github, &code_for(&github, cast::MONA, &[]), &[]).await["scope"], "");
}
