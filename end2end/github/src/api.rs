//! `/user` and `/user/emails`: the two endpoints that tell an app about the signed-in person.

use std::sync::Arc;

use axum::{
    Json,
    extract::{OriginalUri, Query, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Person,
    mode::message,
    world::{Token, World},
};

/// The limit of requests per hour for one person.
const LIMIT: u32 = 5_000;
/// The versions of the API that a client can request; the default is the older.
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// The caller and its token.
struct Caller {
    person: Person,
    token: Token,
    version: &'static str,
    reset: i64,
}

/// Returns the token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    ["bearer", "token"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(token)
}

impl Caller {
    fn of(world: &World, headers: &HeaderMap) -> Result<Self, Box<Response>> {
        let no = |status, why| Err(Box::new(message(status, why)));
        if headers.get(header::USER_AGENT).is_none_or(HeaderValue::is_empty) {
            return no(StatusCode::FORBIDDEN, "Request forbidden: it has no User-Agent header.");
        }
        let asked = headers.get("x-github-api-version").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
        let known = VERSIONS.iter().find(|version| asked.as_deref().unwrap_or(VERSIONS[0]) == **version);
        let Some(version) = known else { return no(StatusCode::BAD_REQUEST, "This version is not supported.") };
        let Some(given) = bearer(headers) else { return no(StatusCode::UNAUTHORIZED, "Requires authentication") };
        let mut state = world.lock();
        let reset = state.now().unix_timestamp() / 3_600 * 3_600 + 3_600;
        let Some(token) = state.tokens.get_mut(given) else { return no(StatusCode::UNAUTHORIZED, "Bad credentials") };
        token.used += 1;
        let token = token.clone();
        let Some(person) = state.people.get(&token.person).cloned() else {
            return no(StatusCode::UNAUTHORIZED, "Bad credentials");
        };
        Ok(Self { person, token, version, reset })
    }

    /// Returns true if the token has one of these scopes, each of which includes the required one.
    fn may(&self, scopes: &[&str]) -> bool {
        self.token.scope.split(',').any(|scope| scopes.contains(&scope))
    }

    /// Returns a response with the headers that all responses have. `accepted` are the sufficient scopes.
    fn answer(&self, accepted: &str, response: Response) -> Response {
        let mut response = response;
        let remaining = LIMIT.saturating_sub(self.token.used);
        let scopes = self.token.scope.replace(',', ", ");
        let pairs = [
            ("x-oauth-scopes", scopes),
            ("x-accepted-oauth-scopes", accepted.to_owned()),
            ("x-ratelimit-limit", LIMIT.to_string()),
            ("x-ratelimit-remaining", remaining.to_string()),
            ("x-ratelimit-used", self.token.used.to_string()),
            ("x-ratelimit-reset", self.reset.to_string()),
            ("x-ratelimit-resource", "core".to_owned()),
            ("x-github-media-type", "github.v3; format=json".to_owned()),
            ("x-github-api-version-selected", self.version.to_owned()),
        ];
        for (name, value) in pairs {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=60, s-maxage=60"));
        response
    }
}

/// `GET /user`
pub async fn user(State(world): State<Arc<World>>, uri: OriginalUri, headers: HeaderMap) -> Response {
    let caller = match Caller::of(&world, &headers) {
        Ok(caller) => caller,
        Err(refusal) => return *refusal,
    };
    let mut body = profile(&caller.person, &world.url, base(&uri));
    if caller.may(&["user", "read:user"]) {
        merge(&mut body, private(&caller.person));
    }
    caller.answer("", Json(body).into_response())
}

#[derive(Deserialize)]
pub struct Paging {
    per_page: Option<usize>,
    page: Option<usize>,
}

/// `GET /user/emails`
pub async fn emails(
    State(world): State<Arc<World>>,
    uri: OriginalUri,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Response {
    let caller = match Caller::of(&world, &headers) {
        Ok(caller) => caller,
        Err(refusal) => return *refusal,
    };
    if !caller.may(&["user", "user:email"]) {
        return caller.answer("user, user:email", message(StatusCode::NOT_FOUND, "Not Found"));
    }
    let size = paging.per_page.unwrap_or(30).clamp(1, 100);
    let page = paging.page.unwrap_or(1).max(1);
    let pages = caller.person.emails.len().div_ceil(size).max(1);
    let shown: Vec<_> = caller.person.emails.iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    let mut response = Json(json!(shown)).into_response();
    let address = format!("{}{}", world.url, uri.path());
    if let Some(link) = link(&address, size, page, pages).and_then(|text| text.parse().ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    caller.answer("user, user:email", response)
}

/// Returns the `Link` header: the pages before and after this one, if there are any.
fn link(address: &str, size: usize, page: usize, pages: usize) -> Option<String> {
    let to = |page: usize, rel: &str| format!("<{address}?per_page={size}&page={page}>; rel=\"{rel}\"");
    let before = (page > 1).then(|| [to((page - 1).min(pages), "prev"), to(1, "first")]);
    let after = (page < pages).then(|| [to(page + 1, "next"), to(pages, "last")]);
    let links: Vec<_> = before.into_iter().flatten().chain(after.into_iter().flatten()).collect();
    (!links.is_empty()).then(|| links.join(", "))
}

/// Returns the path before `/user`: empty, or `/api/v3` on an Enterprise server.
fn base(uri: &Uri) -> &str {
    if uri.path().starts_with("/api/v3/") { "/api/v3" } else { "" }
}

/// Returns the public data of a person.
fn profile(person: &Person, site: &str, base: &str) -> Value {
    let (login, id) = (&person.login, person.id);
    let url = format!("{site}{base}/users/{login}");
    json!({
        "login": login,
        "id": id,
        "node_id": BASE64_STANDARD.encode(format!("04:User{id}")),
        "avatar_url": format!("{site}/avatars/u/{id}?v=4"),
        "gravatar_id": "",
        "url": url,
        "html_url": format!("{site}/{login}"),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": "User",
        "user_view_type": "public",
        "site_admin": false,
        "name": person.name,
        "company": null,
        "blog": "",
        "location": null,
        // Public, and verified or not: an app must not trust it.
        "email": person.public_email,
        "hireable": null,
        "bio": person.bio,
        "twitter_username": null,
        "public_repos": 8,
        "public_gists": 0,
        "followers": 20,
        "following": 3,
        "created_at": "2014-01-25T18:44:36Z",
        "updated_at": "2025-11-02T09:15:01Z",
    })
}

/// Returns the further data that only the person and apps with their consent see.
fn private(person: &Person) -> Value {
    json!({
        "user_view_type": "private",
        "notification_email": person.public_email,
        "private_gists": 2,
        "total_private_repos": 1,
        "owned_private_repos": 1,
        "disk_usage": 1_024,
        "collaborators": 0,
        "two_factor_authentication": person.two_factor,
        "plan": { "name": "free", "space": 976_562_499, "collaborators": 0, "private_repos": 10_000 },
    })
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn links_pages_both_ways_and_omits_links_for_one_page() {
        assert_eq!(link("/e", 30, 1, 1), None);
        assert_eq!(
            link("/e", 5, 2, 3).unwrap(),
            r#"</e?per_page=5&page=1>; rel="prev", </e?per_page=5&page=1>; rel="first", </e?per_page=5&page=3>; rel="next", </e?per_page=5&page=3>; rel="last""#
        );
        assert!(!link("/e", 5, 3, 3).unwrap().contains("next"));
    }
}
