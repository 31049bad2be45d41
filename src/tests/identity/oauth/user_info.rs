//! The user info endpoint of the tests' issuer, and its faults.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, LOCATION},
};
use serde_json::Value;

use super::issuer::{Shared, lock, refuse};

/// Its answer.
#[derive(Clone, Debug)]
pub enum Info {
    Usual,
    Status(StatusCode),
    /// It never answers.
    Silent,
    /// With this text and this content type.
    Text(&'static str, &'static str),
    /// With these claims and no others.
    Claims(Value),
}

pub async fn answer(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let (person, info) = {
        let mut inner = lock(&shared);
        inner.asked.push("me");
        let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        (token.and_then(|token| inner.people.get(token)).cloned(), inner.info.clone())
    };
    let Some(person) = person else { return refuse("invalid_token") };
    match info {
        Info::Usual => usual(&person),
        Info::Status(status) => (status, [(LOCATION, "/elsewhere")], "{}").into_response(),
        Info::Silent => std::future::pending().await,
        Info::Text(kind, text) => ([(CONTENT_TYPE, kind)], text).into_response(),
        Info::Claims(claims) => Json(claims).into_response(),
    }
}

fn usual(person: &Value) -> Response {
    let mut claims = person.clone();
    if let Some(more) = person.get("in_user_info").and_then(Value::as_object) {
        more.iter().for_each(|(name, value)| claims[name] = value.clone());
    }
    Json(claims).into_response()
}
