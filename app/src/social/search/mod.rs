//! Search for users, posts and tags: one page with the best results of each kind, and one page for each kind with all
//! of them, by cursor.
//!
//! A search is a plain form that is sent by GET, so that it has an address; search engines do not index results. An
//! invalid query is explained above the field, which keeps it.

mod lists;
mod views;

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderName, HeaderValue, StatusCode};
use leptos::{prelude::*, tachys::view::any_view::AnyView};
use serde::Deserialize;
use server::{
    base::{
        error::{Error, Invalid, Result},
        id::{PostId, UserId},
    },
    social::{
        search::{FoundUser, PEOPLE, Query as Search, Search as Desk, TAGS},
        tags,
    },
};

use self::views::ResultKind;
use crate::{
    page::{Tab, document::fragment, visit::Visit},
    paths,
};

/// The number of results of each kind, on the page with all of them.
const FIRST: usize = 4;

/// The fields of the form, and those that the links to further pages add.
#[derive(Debug, Default, Deserialize)]
pub struct SearchQuery {
    #[serde(default)]
    q: String,
    before: Option<String>,
    after: Option<String>,
    part: Option<String>,
}

impl SearchQuery {
    fn before(&self) -> Result<Option<PostId>> {
        self.before.as_deref().map(|id| id.parse().map_err(|_| Error::NotFound)).transpose()
    }

    fn only_list(&self) -> bool {
        self.part.as_deref() == Some("list")
    }
}

/// Returns the parsed query, or the page that explains why it is invalid.
fn read(visit: &Visit, kind: ResultKind, asked: &SearchQuery) -> Result<Search, Box<Response>> {
    let refuse = |invalid: Invalid| page(visit, kind, (&asked.q, &invalid), || views::idle(visit).into_any());
    let query = Search::parse(&asked.q).map_err(|invalid| Box::new(refuse(invalid)))?;
    if query.is_empty() {
        return Err(Box::new(if query.text().is_empty() {
            refuse(Invalid::default())
        } else {
            page(visit, kind, (query.text(), &Invalid::default()), || views::no_words(&query).into_any())
        }));
    }
    Ok(query)
}

/// A search page: the field, the kinds, and the results.
fn page(
    visit: &Visit,
    kind: ResultKind,
    (typed, invalid): (&str, &Invalid),
    found: impl FnOnce() -> AnyView,
) -> Response {
    let status = if invalid.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = if typed.is_empty() || !invalid.is_empty() { "Search".to_owned() } else { format!("Search: {typed}") };
    let page = crate::page::Page::new(title).heading("Search").status(status).tab(Tab::Search).islands();
    let response = page.respond_with(visit, || {
        let found = found();
        view! { {views::form(kind, typed, invalid)}{views::kinds(kind, typed, invalid)}{found} }
    });
    unlisted(response)
}

/// Keeps search engines from listing the page; they may follow its links.
pub fn unlisted(mut response: Response) -> Response {
    let name = HeaderName::from_static("x-robots-tag");
    response.headers_mut().insert(name, HeaderValue::from_static("noindex"));
    response
}

/// `GET /search`
pub async fn all(visit: Visit, Query(asked): Query<SearchQuery>) -> Result<Response> {
    let query = match read(&visit, ResultKind::All, &asked) {
        Ok(query) => query,
        Err(page) => return Ok(*page),
    };
    if let Some(tag) = query.tag().and_then(tags::normal) {
        return Ok(Redirect::to(&paths::tag(&tag)).into_response());
    }
    let viewer = visit.cx.viewer();
    let mut search = Desk::begin(&visit.cx.server).await?;
    let mut people = search.people(&query, viewer, None).await?;
    let all_people = people.people.len() > FIRST;
    people.people.truncate(FIRST);
    let alike = alike(&mut search, &query, viewer, (&people.people, FIRST)).await?;
    let tags = search.tags(&query, None, FIRST as i64).await?;
    let posts = search.posts(&query, viewer, None).await?;
    Ok(page(&visit, ResultKind::All, (query.text(), &Invalid::default()), || {
        let people = (!(people.people.is_empty() && alike.is_empty()))
            .then(|| lists::first_people(&visit, &query, (&people.people, &alike), all_people));
        let tags = (!tags.tags.is_empty()).then(|| lists::first_tags(&query, &tags));
        let list = lists::posts(&visit, &query, &posts, None);
        let nothing = (people.is_none() && tags.is_none() && posts.page.items.is_empty() && posts.further.is_none())
            .then(|| views::nothing(ResultKind::All, &query));
        let list = nothing.is_none().then_some(list);
        view! { {people}{tags}{list}{nothing} }.into_any()
    }))
}

/// `GET /search/people`
pub async fn people(visit: Visit, Query(asked): Query<SearchQuery>) -> Result<Response> {
    let query = match read(&visit, ResultKind::People, &asked) {
        Ok(query) => query,
        Err(page) => return Ok(*page),
    };
    let after = asked.after.as_deref().map(str::parse).transpose()?;
    let mut search = Desk::begin(&visit.cx.server).await?;
    let found = search.people(&query, visit.cx.viewer(), after).await?;
    let alike = match after {
        None => alike(&mut search, &query, visit.cx.viewer(), (&found.people, PEOPLE as usize)).await?,
        Some(_) => Vec::new(),
    };
    drop(search);
    if asked.only_list() {
        return Ok(unlisted(fragment(|| lists::people_items(&visit, &query, &found))));
    }
    let nothing = found.people.is_empty() && alike.is_empty();
    Ok(page(&visit, ResultKind::People, (query.text(), &Invalid::default()), || {
        if nothing {
            views::nothing(ResultKind::People, &query).into_any()
        } else {
            lists::people(&visit, &query, &found, &alike).into_any()
        }
    }))
}

/// Returns users with a similar name, as far as a page that shows `named` has room for them.
async fn alike(
    desk: &mut Desk<'_>,
    query: &Search,
    viewer: Option<UserId>,
    (named, room): (&[FoundUser], usize),
) -> Result<Vec<FoundUser>> {
    if named.len() >= room {
        return Ok(Vec::new());
    }
    let mut alike = desk.spelled_like(query, viewer, room as i64).await?;
    alike.retain(|person| named.iter().all(|other| other.author.id != person.author.id));
    alike.truncate(room - named.len());
    Ok(alike)
}

/// `GET /search/posts`
pub async fn posts(visit: Visit, Query(asked): Query<SearchQuery>) -> Result<Response> {
    let query = match read(&visit, ResultKind::Posts, &asked) {
        Ok(query) => query,
        Err(page) => return Ok(*page),
    };
    let before = asked.before()?;
    let mut search = Desk::begin(&visit.cx.server).await?;
    let found = search.posts(&query, visit.cx.viewer(), before).await?;
    drop(search);
    if asked.only_list() {
        return Ok(unlisted(fragment(|| lists::post_items(&visit, &query, &found, before))));
    }
    let nothing = found.page.items.is_empty() && found.further.is_none() && before.is_none();
    Ok(page(&visit, ResultKind::Posts, (query.text(), &Invalid::default()), || {
        if nothing {
            views::nothing(ResultKind::Posts, &query).into_any()
        } else {
            lists::posts(&visit, &query, &found, before).into_any()
        }
    }))
}

/// `GET /search/tags`
pub async fn tags(visit: Visit, Query(asked): Query<SearchQuery>) -> Result<Response> {
    let query = match read(&visit, ResultKind::Tags, &asked) {
        Ok(query) => query,
        Err(page) => return Ok(*page),
    };
    let after = match asked.after.as_deref() {
        Some(tag) => Some(tags::normal(tag).ok_or(Error::NotFound)?),
        None => None,
    };
    let mut search = Desk::begin(&visit.cx.server).await?;
    let found = search.tags(&query, after.as_deref(), TAGS).await?;
    drop(search);
    if asked.only_list() {
        return Ok(unlisted(fragment(|| lists::tag_items(&query, &found))));
    }
    let nothing = found.tags.is_empty() && after.is_none();
    Ok(page(&visit, ResultKind::Tags, (query.text(), &Invalid::default()), || {
        if nothing {
            views::nothing(ResultKind::Tags, &query).into_any()
        } else {
            lists::tags(&query, &found).into_any()
        }
    }))
}
