//! The feeds: the latest posts of everyone, and of the users the viewer follows. Each is one statement, and the same
//! handler returns the list alone (`part=list`) when the island requests the next page.

mod empty;
mod list;

use axum::{extract::Query, response::Response};
use leptos::{either::Either, prelude::*};
use server::{
    base::{error::Result, id::PostId},
    identity::sessions::request::Member,
    social::feed::{self, Page},
};

pub use self::list::{List, list};
use crate::{
    page::{self, PageQuery, Tab, document::fragment, nav::feeds, visit::Visit},
    paths,
    social::posts::composer::{Draft, composer},
};

/// `GET /`
pub async fn latest(visit: Visit, Query(place): Query<PageQuery>) -> Result<Response> {
    let before = place.before()?;
    let posts = everyone(&visit, before).await?;
    if place.only_list() {
        return Ok(fragment(|| List::new(&visit, &posts, paths::HOME, before).items()));
    }
    Ok(home_page(&visit, &posts, before, Draft::default()))
}

/// Shows the home page again, after a post was refused: the text is still there.
pub async fn home_again(visit: &Visit, draft: Draft<'_>) -> Result<Response> {
    let posts = everyone(visit, None).await?;
    Ok(home_page(visit, &posts, None, draft))
}

async fn everyone(visit: &Visit, before: Option<PostId>) -> Result<Page> {
    let mut db = visit.cx.server.db().acquire().await?;
    feed::latest(&mut db, visit.cx.viewer(), before).await
}

fn home_page(visit: &Visit, posts: &Page, before: Option<PostId>, draft: Draft<'_>) -> Response {
    let page = draft.answer(page::Page::new("Home")).tab(Tab::Home).islands();
    // Older pages hold other posts every day.
    let page = if before.is_none() { page.canonical(paths::HOME) } else { page };
    page.respond_with(visit, || {
        let composer = visit.me().filter(|_| before.is_none()).map(|me| composer(me, paths::POSTS.to_owned(), draft));
        let posts = if posts.items.is_empty() && before.is_none() {
            Either::Left(empty::nobody_wrote(visit.me().is_some()))
        } else {
            Either::Right(list(List::new(visit, posts, paths::HOME, before)))
        };
        let feeds = visit.me().map(|_| feeds(Tab::Home));
        view! { {feeds}{composer}{posts} }
    })
}

/// `GET /following`
pub async fn following(visit: Visit, me: Member, Query(place): Query<PageQuery>) -> Result<Response> {
    let before = place.before()?;
    let mut db = visit.cx.server.db().acquire().await?;
    let posts = feed::following(&mut db, me.id(), before).await?;
    if place.only_list() {
        return Ok(fragment(|| List::new(&visit, &posts, paths::FOLLOWING, before).items()));
    }
    let page = page::Page::new("Following").tab(Tab::Following).islands();
    if posts.items.is_empty() && before.is_none() {
        let people = server::social::profiles::suggestions(&mut db, Some(me.id()), 5).await?;
        return Ok(page.respond_with(&visit, || view! { {feeds(Tab::Following)}{empty::follows_nobody(&people)} }));
    }
    Ok(page.respond_with(&visit, || {
        view! { {feeds(Tab::Following)}{list(List::new(&visit, &posts, paths::FOLLOWING, before))} }
    }))
}
