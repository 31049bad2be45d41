//! A small OpenID Connect issuer: discovery, keys, codes with PKCE, signed id tokens, user info. It can sign wrongly.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64},
};
use http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use server::base::random::Token;
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, task::JoinHandle};

use super::user_info::{self, Info};
use crate::tests::support::trace;

pub const CLIENT: &str = "kith";
pub const SECRET: &str = "the secret of kith at this issuer";

/// The fault of an id token.
#[derive(Clone, Debug)]
pub enum Wrong {
    /// Another value of a claim; null removes it.
    Claim(&'static str, Value),
    /// Not signed at all, as its `alg` says.
    Unsigned,
    /// Signed with the secret of the client, or with the public key, as if those were keys.
    Hmac(bool),
    /// Signed with another key.
    OtherKey,
    /// Missing.
    Missing,
}

struct Code {
    challenge: String,
    nonce: Value,
    redirect: String,
    person: Value,
}

pub(super) struct Inner {
    url: String,
    key: EcdsaKeyPair,
    wrong: Option<Wrong>,
    codes: BTreeMap<String, Code>,
    pub(super) people: BTreeMap<String, Value>,
    /// True if the callback names the issuer.
    names_itself: bool,
    count: usize,
    pub(super) asked: Vec<&'static str>,
    /// The status of its discovery document, and the fields that differ.
    described: (StatusCode, Value),
    /// True if the discovery document never arrives.
    hangs: bool,
    pub(super) info: Info,
}

pub(super) type Shared = Arc<Mutex<Inner>>;

/// A running issuer; stops when dropped.
pub struct Issuer {
    pub url: String,
    shared: Shared,
    serving: JoinHandle<()>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

pub(super) fn lock(shared: &Shared) -> MutexGuard<'_, Inner> {
    shared.lock().unwrap()
}

fn fresh_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap()
}

impl Issuer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner {
            url: url.clone(),
            key: fresh_key(),
            wrong: None,
            codes: BTreeMap::new(),
            people: BTreeMap::new(),
            names_itself: false,
            count: 0,
            asked: Vec::new(),
            described: (StatusCode::OK, json!({})),
            hangs: false,
            info: Info::Usual,
        };
        let shared = Arc::new(Mutex::new(inner));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(user_info::answer))
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, serving }
    }

    /// Returns the settings with which Kith knows it as `name`.
    pub fn settings(&self, name: &str) -> Vec<(String, String)> {
        trace::note_own("client secret", (CLIENT, SECRET));
        trace::note_own("client secret", (CLIENT, &SECRET.replace(' ', "+")));
        let setting = |ending: &str, value: &str| (format!("KITH_OIDC_{name}_{ending}"), value.to_owned());
        vec![setting("ISSUER", &self.url), setting("CLIENT_ID", CLIENT), setting("CLIENT_SECRET", SECRET)]
    }

    pub fn sign_wrongly(&self, wrong: Wrong) {
        lock(&self.shared).wrong = Some(wrong);
    }

    pub fn sign_well(&self) {
        lock(&self.shared).wrong = None;
    }

    /// Makes it sign with another key from now on.
    pub fn change_key(&self) {
        lock(&self.shared).key = fresh_key();
    }

    /// Makes its callbacks name it from now on (RFC 9207), and its discovery document announce that.
    pub fn name_itself(&self) {
        lock(&self.shared).names_itself = true;
    }

    /// Makes its discovery document have this status and these fields from now on.
    pub fn describe(&self, status: StatusCode, fields: Value) {
        lock(&self.shared).described = (status, fields);
    }

    /// Makes its discovery document never arrive from now on.
    pub fn hang(&self) {
        lock(&self.shared).hangs = true;
    }

    /// Makes its user info endpoint answer so from now on.
    pub fn inform(&self, info: Info) {
        lock(&self.shared).info = info;
    }

    pub fn asked(&self, what: &str) -> usize {
        lock(&self.shared).asked.iter().filter(|asked| **asked == what).count()
    }

    /// Returns the callback URL of the authorization request at `way` when `person` (their claims) agrees.
    pub fn approve(&self, way: &str, person: Value) -> String {
        let ask = query(way);
        assert_eq!((ask["client_id"].as_str(), ask["response_type"].as_str()), (CLIENT, "code"));
        assert!(ask["scope"].split(' ').any(|scope| scope == "openid"), "{ask:?}");
        assert_eq!(ask["code_challenge_method"], "S256");
        let mut inner = lock(&self.shared);
        inner.count += 1;
        let name = Token::new().text();
        let code = Code {
            challenge: ask["code_challenge"].clone(),
            nonce: ask["nonce"].as_str().into(),
            redirect: ask["redirect_uri"].clone(),
            person,
        };
        inner.codes.insert(name.clone(), code);
        let issuer = if inner.names_itself { format!("&iss={}", inner.url) } else { String::new() };
        format!("{}?code={name}&state={}{issuer}", ask["redirect_uri"], ask["state"])
    }
}

/// Returns the fields of an address.
pub fn query(url: &str) -> BTreeMap<String, String> {
    let uri = format!("/?{}", url.split_once('?').unwrap().1).parse().unwrap();
    Query::<BTreeMap<String, String>>::try_from_uri(&uri).unwrap().0
}

async fn discovery(State(shared): State<Shared>) -> (StatusCode, Json<Value>) {
    if lock(&shared).hangs {
        std::future::pending::<()>().await;
    }
    let mut inner = lock(&shared);
    inner.asked.push("discovery");
    let at = |path: &str| format!("{}/{path}", inner.url);
    let mut document = json!({
        "issuer": inner.url,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "jwks_uri": at("keys"),
        "userinfo_endpoint": at("me"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "none", "HS256"],
        "authorization_response_iss_parameter_supported": inner.names_itself,
    });
    inner.described.1.as_object().unwrap().iter().for_each(|(name, value)| document[name] = value.clone());
    (inner.described.0, Json(document))
}

async fn keys(State(shared): State<Shared>) -> Json<Value> {
    let mut inner = lock(&shared);
    inner.asked.push("keys");
    // An uncompressed point: 4, x, y.
    let point = inner.key.public_key().as_ref();
    let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..]));
    Json(json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "x": x, "y": y }] }))
}

async fn token(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let mut inner = lock(&shared);
    inner.asked.push("token");
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+"))));
    if headers.get(AUTHORIZATION).is_none_or(|given| given != basic.as_str()) {
        return refuse("invalid_client");
    }
    let Some(code) = inner.codes.remove(&form["code"]) else { return refuse("invalid_grant") };
    let proof = BASE64.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    if proof != code.challenge || form["redirect_uri"] != code.redirect {
        return refuse("invalid_grant");
    }
    let access = Token::new().text();
    trace::note("provider token", &access);
    inner.people.insert(access.clone(), code.person.clone());
    let mut answer = json!({ "access_token": access, "token_type": "Bearer", "expires_in": 60 });
    if !matches!(inner.wrong, Some(Wrong::Missing)) {
        let id = sign(&inner, &code);
        trace::note("provider token", &id);
        answer["id_token"] = id.into();
    }
    Json(answer).into_response()
}

pub(super) fn refuse(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

fn sign(inner: &Inner, code: &Code) -> String {
    let now = server::base::clock::now().unix_timestamp();
    let mut claims = code.person.clone();
    for (name, value) in [
        ("iss", json!(inner.url)),
        ("aud", json!(CLIENT)),
        ("iat", json!(now)),
        ("exp", json!(now + 300)),
        ("auth_time", json!(now)),
        ("nonce", code.nonce.clone()),
    ] {
        claims[name] = value;
    }
    if let Some(Wrong::Claim(name, value)) = &inner.wrong {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(*name)),
            value => claims[*name] = value.clone(),
        }
    }
    let head = match &inner.wrong {
        Some(Wrong::Unsigned) => "none",
        Some(Wrong::Hmac(_)) => "HS256",
        _ => "ES256",
    };
    let part = |value: &Value| BASE64.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({ "alg": head, "typ": "JWT" })), part(&claims));
    let signature = match &inner.wrong {
        Some(Wrong::Unsigned) => Vec::new(),
        Some(Wrong::Hmac(public)) => {
            let key = if *public { inner.key.public_key().as_ref() } else { SECRET.as_bytes() };
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
        }
        Some(Wrong::OtherKey) => fresh_key().sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec(),
        _ => inner.key.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec(),
    };
    format!("{text}.{}", BASE64.encode(signature))
}
