//! `/login/oauth/authorize`: the person, the app, and the redirect back.

use std::{fmt, sync::Arc};

use axum::{
    extract::{Form, Query, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use time::Duration;
use url::Url;

use crate::{
    Email, Person, page, redirect,
    world::{Code, State as Here, World, random},
};

/// The lifetime of a code.
const CODE_LIVES: Duration = Duration::minutes(10);
/// The cookie with the person who is signed in here, in this browser.
const COOKIE: &str = "stand_in_session";

/// The parameters that GitHub documents.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Ask {
    #[serde(default)]
    pub client_id: String,
    pub redirect_uri: Option<String>,
    pub scope: Option<String>,
    pub state: Option<String>,
    pub code_challenge: Option<String>,
    pub code_challenge_method: Option<String>,
    /// The person to suggest.
    pub login: Option<String>,
    /// `false`: no new accounts.
    pub allow_signup: Option<String>,
    /// `select_account`: always show the choice of accounts.
    pub prompt: Option<String>,
}

/// The further fields of the page's form.
#[derive(Debug, Default, Deserialize)]
pub struct Answer {
    /// The person who consents; none after Cancel.
    pub person: Option<u64>,
    /// True if the browser should remember them.
    pub remember: Option<String>,
    /// A new person.
    pub new_login: Option<String>,
    #[serde(default)]
    pub new_email: String,
}

/// No redirect back: GitHub shows an error itself.
#[derive(Debug)]
pub struct NoSuchApp;

impl fmt::Display for NoSuchApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no app with this client id, or its callback is no URL")
    }
}

/// `GET`
pub async fn show(State(world): State<Arc<World>>, Query(ask): Query<Ask>, headers: HeaderMap) -> Response {
    let mut state = world.lock();
    match refuse(&state, &ask) {
        Err(NoSuchApp) => return nothing_here(),
        Ok(Some(back)) => return Redirect::to(&back).into_response(),
        Ok(None) => {}
    }
    // A person who is signed in and has consented to these scopes before is not asked again, unless the app requests
    // it.
    let remembered = cookie(&headers).filter(|_| ask.prompt.as_deref() != Some("select_account"));
    let known = remembered.filter(|person| state.consents.contains(&(*person, scope(&ask))));
    match known {
        Some(person) => go_back(consent(&mut state, &ask, person)),
        None => Html(page::choose(&state, &ask)).into_response(),
    }
}

/// `POST`, from the page's buttons and from tests.
pub async fn submit(
    State(world): State<Arc<World>>,
    query: Query<Ask>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let Some((ask, answer)) = read(query.0, fields) else { return StatusCode::UNPROCESSABLE_ENTITY.into_response() };
    let mut state = world.lock();
    let person = match answer.new_login.as_deref().map(str::trim).filter(|login| !login.is_empty()) {
        Some(_) if ask.allow_signup.as_deref() == Some("false") => return StatusCode::FORBIDDEN.into_response(),
        Some(login) => Some(sign_up(&mut state, login, &answer.new_email)),
        None => answer.person,
    };
    let back = settle(&mut state, &ask, person);
    let response = go_back(back);
    match person.filter(|_| answer.remember.is_some()) {
        Some(person) => {
            ([(header::SET_COOKIE, format!("{COOKIE}={person}; Path=/; HttpOnly; SameSite=Lax"))], response)
                .into_response()
        }
        None => response,
    }
}

/// Reads the parameters, which may be in the form as well as in the address.
fn read(query: Ask, fields: Vec<(String, String)>) -> Option<(Ask, Answer)> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let from = |text: &str| Query::<Ask>::try_from_uri(&format!("/?{text}").parse().ok()?).ok().map(|q| q.0);
    let answer = Query::<Answer>::try_from_uri(&format!("/?{body}").parse().ok()?).ok()?.0;
    let ask = if query.client_id.is_empty() { from(&body)? } else { query };
    Some((ask, answer))
}

/// Returns the redirect for a browser that came with `url` when `person` consents, or cancels if it is `None`.
pub fn decide(world: &World, url: &str, person: Option<u64>) -> Result<String, NoSuchApp> {
    let url = Url::parse(url).map_err(|_| NoSuchApp)?;
    let uri = format!("/?{}", url.query().unwrap_or_default()).parse().map_err(|_| NoSuchApp)?;
    let Query(ask) = Query::<Ask>::try_from_uri(&uri).map_err(|_| NoSuchApp)?;
    settle(&mut world.lock(), &ask, person)
}

fn settle(state: &mut Here, ask: &Ask, person: Option<u64>) -> Result<String, NoSuchApp> {
    if let Some(back) = refuse(state, ask)? {
        return Ok(back);
    }
    match person.filter(|person| state.people.contains_key(person)) {
        Some(person) => consent(state, ask, person),
        None => error(state, ask, "access_denied", "The user has denied your application access."),
    }
}

/// Returns the redirect that reports an error in the app's request: always to the registered callback.
fn refuse(state: &Here, ask: &Ask) -> Result<Option<String>, NoSuchApp> {
    if ask.client_id != state.app.client_id {
        return Err(NoSuchApp);
    }
    let wrong = |code, why| error(state, ask, code, why).map(Some);
    if state.app.suspended {
        return wrong("application_suspended", "Your application has been suspended. Contact support@github.com.");
    }
    if ask.redirect_uri.as_ref().is_some_and(|wanted| !redirect::allowed(&state.app.callback, wanted)) {
        let why = "The redirect_uri MUST match the registered callback URL for this application.";
        return wrong("redirect_uri_mismatch", why);
    }
    if !challenge_is_good(ask) {
        return wrong("invalid_request", "A code_challenge is 43 characters, and its method is S256.");
    }
    Ok(None)
}

/// Returns true if both are there or neither is, and the method is SHA-256.
fn challenge_is_good(ask: &Ask) -> bool {
    match (&ask.code_challenge, ask.code_challenge_method.as_deref()) {
        (None, None) => true,
        (Some(challenge), Some("S256")) => {
            challenge.len() == 43 && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        }
        _ => false,
    }
}

fn error(state: &Here, ask: &Ask, code: &str, why: &str) -> Result<String, NoSuchApp> {
    let page = "/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/#";
    let about = format!("{page}{}", code.replace('_', "-"));
    let mut pairs = vec![("error", code), ("error_description", why), ("error_uri", &about)];
    pairs.extend(ask.state.as_deref().map(|given| ("state", given)));
    redirect::with(&state.app.callback, &pairs).ok_or(NoSuchApp)
}

/// Creates a code for a person who consented, and returns the redirect with it.
fn consent(state: &mut Here, ask: &Ask, person: u64) -> Result<String, NoSuchApp> {
    let code = random(20);
    let kept = Code {
        person,
        redirect_uri: ask.redirect_uri.clone(),
        scope: scope(ask),
        challenge: ask.code_challenge.clone(),
        expires_at: state.now() + CODE_LIVES,
    };
    state.consents.insert((person, scope(ask)));
    let to = ask.redirect_uri.as_ref().unwrap_or(&state.app.callback);
    let mut pairs = vec![("code", code.as_str())];
    pairs.extend(ask.state.as_deref().map(|given| ("state", given)));
    let back = redirect::with(to, &pairs).ok_or(NoSuchApp)?;
    state.codes.insert(code, kept);
    Ok(back)
}

fn scope(ask: &Ask) -> String {
    ask.scope.clone().unwrap_or_default()
}

fn sign_up(state: &mut Here, login: &str, email: &str) -> u64 {
    let emails = if email.trim().is_empty() { Vec::new() } else { vec![Email::primary(email.trim())] };
    let person =
        Person { login: login.to_owned(), emails, note: "Made up on the spot.".to_owned(), ..Person::default() };
    state.add(person)
}

fn cookie(headers: &HeaderMap) -> Option<u64> {
    let line = headers.get(header::COOKIE)?.to_str().ok()?;
    line.split("; ").find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('=')?.parse().ok())
}

fn go_back(back: Result<String, NoSuchApp>) -> Response {
    // GitHub's answer to a consent is a 302.
    back.map_or_else(|_| nothing_here(), |to| (StatusCode::FOUND, [(header::LOCATION, to)]).into_response())
}

fn nothing_here() -> Response {
    (StatusCode::NOT_FOUND, Html(page::nothing_here())).into_response()
}
