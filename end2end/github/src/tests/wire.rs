//! A client that hides nothing: one request per connection, and the raw response.

use std::io;

use crate::{CLIENT_ID, CLIENT_SECRET, StandIn};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::{Url, form_urlencoded};

/// The callback of the app.
pub const CALLBACK: &str = "https://kith.example/auth/github/callback";
/// A verifier, and its challenge (RFC 7636, appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.text()))
    }
}

/// Sends a request and reads until the server closes the connection; returns an error if it closes without an answer.
pub async fn ask(github: &StandIn, line: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Answer> {
    let mut socket = TcpStream::connect(github.url.strip_prefix("http://").unwrap()).await?;
    let mut request = format!("{line} HTTP/1.1\r\nHost: github\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    socket.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await?;
    parse(&answer).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    Some(Answer { status, headers, body: answer[end + 4..].to_vec() })
}

/// Sends a request that must be answered.
pub async fn get(github: &StandIn, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(github, &format!("GET {path}"), headers, "").await.unwrap()
}

pub async fn post(github: &StandIn, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    ask(github, &format!("POST {path}"), &[&form, headers].concat(), &encode(fields)).await.unwrap()
}

pub fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Returns the path to which an app sends a browser, with these parameters besides the client id.
pub fn authorize(more: &[(&str, &str)]) -> String {
    format!("/login/oauth/authorize?{}", encode(&[&[("client_id", CLIENT_ID)], more].concat()))
}

/// Returns the value of a parameter in the query of an address.
pub fn query(address: &str, name: &str) -> String {
    let url = Url::parse(address).unwrap_or_else(|why| panic!("{why}: {address}"));
    url.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Returns a code for a person who consents to every scope that Kith requests.
pub fn code(github: &StandIn, person: u64) -> String {
    code_for(github, person, &[("scope", "read:user user:email")])
}

pub fn code_for(github: &StandIn, person: u64, more: &[(&str, &str)]) -> String {
    query(&github.approve(&format!("{}{}", github.url, authorize(more)), person), "code")
}

/// Exchanges a code, with the right credentials, for an answer in JSON.
pub async fn exchange(github: &StandIn, code: &str, more: &[(&str, &str)]) -> serde_json::Value {
    let ours = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("code", code)];
    let fields = [&ours, more].concat();
    let answer = post(github, "/login/oauth/access_token", &fields, &[("Accept", "application/json")]).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

/// Returns a token of a person.
pub async fn token(github: &StandIn, person: u64) -> String {
    let answer = exchange(github, &code(github, person), &[]).await;
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Calls the API with a token.
pub async fn call(github: &StandIn, path: &str, token: &str) -> Answer {
    get(github, path, &[("User-Agent", "Kith"), ("Authorization", &format!("Bearer {token}"))]).await
}
