use std::{net::SocketAddr, time::Duration};

use crate::{App, Endpoint, INSIDE, Mode, Picture, StandIn, cast};
use tokio::time::timeout;

use super::wire::{Answer, ask, call, code, exchange, get, token};

/// Requests mona's profile while it is answered in this mode.
async fn user(github: &StandIn, mode: Mode) -> std::io::Result<Answer> {
    let bearer = format!("Bearer {}", token(github, cast::MONA).await);
    github.next_answer(Endpoint::User, mode);
    ask(github, "GET /user", &[("User-Agent", "Kith"), ("Authorization", &bearer)], "").await
}

#[tokio::test]
async fn down_closes_connections_and_black_hole_never_answers() {
    let github = StandIn::start().await;
    assert!(user(&github, Mode::Down).await.is_err());
    assert!(timeout(Duration::from_millis(300), user(&github, Mode::BlackHole)).await.is_err());
    assert_eq!(user(&github, Mode::Usual).await.unwrap().status, 200);
}

#[tokio::test]
async fn slow_drip_delivers_the_body_gradually() {
    let github = StandIn::start().await;
    github.always(Endpoint::Avatar, Mode::SlowDrip);
    let drip = tokio::time::timeout(Duration::from_millis(1_500), get(&github, "/avatars/u/1001", &[])).await;
    assert!(drip.is_err(), "it was all there at once");
}

#[tokio::test]
async fn errors_are_served_as_json_or_html() {
    let github = StandIn::start().await;
    let error = user(&github, Mode::ServerError).await.unwrap();
    assert_eq!((error.status, error.json()["message"].is_string()), (500, true));
    let gateway = user(&github, Mode::BadGateway).await.unwrap();
    assert_eq!((gateway.status, gateway.header("content-type")), (502, "text/html; charset=utf-8"));
    assert_eq!(user(&github, Mode::Html).await.unwrap().header("content-type"), "text/html; charset=utf-8");
    assert_eq!(user(&github, Mode::BadCredentials).await.unwrap().status, 401);
}

#[tokio::test]
async fn bodies_can_be_truncated_oversized_or_mislabelled() {
    let github = StandIn::start().await;
    let whole = user(&github, Mode::Usual).await.unwrap();
    let half = user(&github, Mode::TruncatedJson).await.unwrap();
    assert_eq!(
        (half.body.len(), half.header("content-length")),
        (whole.body.len() / 2, (whole.body.len() / 2).to_string().as_str())
    );
    let cut = user(&github, Mode::CutOff).await.unwrap();
    assert!(cut.body.len() < cut.header("content-length").parse().unwrap());
    let huge = user(&github, Mode::Huge).await.unwrap();
    assert!(huge.body.len() > 10_000_000);
    assert_eq!(huge.json(), whole.json(), "only its size is wrong");
    let wrong = user(&github, Mode::WrongContentType).await.unwrap();
    assert_eq!((wrong.header("content-type"), wrong.json()), ("text/plain", whole.json()));
    let other = user(&github, Mode::Json(serde_json::json!({ "id": "1001" }))).await.unwrap();
    assert_eq!(other.json()["id"], "1001");
}

#[tokio::test]
async fn every_endpoint_can_redirect_to_an_internal_address() {
    let github = StandIn::start().await;
    for (endpoint, line) in [
        (Endpoint::Token, "POST /login/oauth/access_token"),
        (Endpoint::User, "GET /api/v3/user"),
        (Endpoint::Emails, "GET /user/emails"),
        (Endpoint::Avatar, "GET /avatars/u/1001"),
    ] {
        github.next_answer(endpoint, Mode::Redirect(INSIDE.to_owned()));
        let answer = ask(&github, line, &[], "").await.unwrap();
        assert_eq!((answer.status, answer.header("location")), (302, INSIDE), "{line}");
    }
}

#[tokio::test]
async fn rate_limits_announce_their_retry_time() {
    let github = StandIn::start().await;
    let primary = user(&github, Mode::PrimaryLimit).await.unwrap();
    assert_eq!((primary.status, primary.header("x-ratelimit-remaining")), (403, "0"));
    assert!(primary.header("x-ratelimit-reset").parse::<i64>().unwrap() > 1_700_000_000);
    for status in [403, 429] {
        let secondary = user(&github, Mode::SecondaryLimit { status, retry_after: 60 }).await.unwrap();
        assert_eq!((secondary.status, secondary.header("retry-after")), (status, "60"));
        assert!(secondary.json()["message"].as_str().unwrap().contains("secondary rate limit"));
    }
}

#[tokio::test]
async fn clock_skew_shifts_the_date_header() {
    let github = StandIn::start().await;
    let (now, then) = (user(&github, Mode::Usual).await.unwrap(), user(&github, Mode::ClockSkew(-1)).await.unwrap());
    assert!(then.header("date").ends_with(" GMT") && then.header("date").len() == 29, "{}", then.header("date"));
    assert_ne!(now.header("date")[..16], then.header("date")[..16]);
}

#[tokio::test]
async fn token_endpoint_can_refuse_or_grant_fewer_scopes() {
    let github = StandIn::start().await;
    github.next_answer(Endpoint::Token, Mode::Error("incorrect_client_credentials".to_owned()));
    let refused = exchange(&github, &code(&github, cast::MONA), &[]).await;
    assert_eq!(refused["error"], "incorrect_client_credentials");
    github.next_answer(Endpoint::Token, Mode::Scope("read:user".to_owned()));
    let less = exchange(&github, &code(&github, cast::MONA), &[]).await;
    assert_eq!(less["scope"], "read:user");
    assert_eq!(call(&github, "/user/emails", less["access_token"].as_str().unwrap()).await.status, 404);
}

#[tokio::test]
async fn serves_every_kind_of_avatar_file() {
    let github = StandIn::start().await;
    for picture in Picture::ALL {
        github.next_answer(Endpoint::Avatar, Mode::Picture(picture));
        let answer = get(&github, "/avatars/u/1001", &[]).await;
        assert_eq!(answer.header("content-type"), picture.content_type());
        assert!(answer.body == picture.bytes(1_001), "{picture:?}");
    }
    github.change(cast::MONA, |mona| mona.picture = Picture::Svg);
    assert_eq!(get(&github, "/avatars/u/1001", &[]).await.header("content-type"), "image/svg+xml");
}

#[tokio::test]
async fn recovers_from_errors_records_requests_and_stops_when_dropped() {
    let github = StandIn::start().await;
    let mona = token(&github, cast::MONA).await;
    github.everywhere(&Mode::ServerError);
    assert_eq!(call(&github, "/user", &mona).await.status, 500);
    assert_eq!(get(&github, "/avatars/u/1001", &[]).await.status, 500);
    github.recover();
    assert_eq!(call(&github, "/user", &mona).await.status, 200);
    assert_eq!((github.asked(Endpoint::User), github.asked(Endpoint::Emails)), (2, 0));
    let seen = github.requests().pop().unwrap();
    assert_eq!((seen.path.as_str(), seen.header("user-agent")), ("/user", "Kith"));
    assert!(!format!("{:?}", github.requests()).contains(&mona));
    github.forget_requests();
    assert!(github.requests().is_empty());
    let address = github.url.strip_prefix("http://").unwrap().to_owned();
    drop(github);
    tokio::task::yield_now().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn refuses_to_listen_beyond_loopback() {
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    assert!(StandIn::start_at(everywhere, App::default()).await.is_err());
}
