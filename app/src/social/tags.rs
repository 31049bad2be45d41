//! The page of a tag: the posts with it, newest first. And the page of the trending tags.

use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{either::Either, prelude::*};
use server::{
    base::error::{Error, Result},
    social::tags,
};

use crate::{
    page::{self, document::fragment, page_query::PageQuery, visit::Visit},
    paths,
    social::{
        feed::{List, list},
        search,
    },
    ui::{Weight, button_link, empty::empty, trending},
};

/// `GET /tags/{tag}`
pub async fn show(visit: Visit, Path(typed): Path<String>, Query(place): Query<PageQuery>) -> Result<Response> {
    let tag = tags::normal(&typed).ok_or(Error::NotFound)?;
    if tag != typed {
        return Ok(Redirect::permanent(&paths::tag(&tag)).into_response());
    }
    let before = place.before()?;
    let mut db = visit.cx.server.db().acquire().await?;
    let posts = tags::posts(&mut db, &tag, visit.cx.viewer(), before).await?;
    drop(db);
    let base = paths::tag(&tag);
    if place.only_list() {
        return Ok(fragment(|| List::new(&visit, &posts, base, before).items()));
    }
    let nothing = posts.items.is_empty() && before.is_none();
    let page = page::Page::new(format!("#{tag}"));
    // Older pages hold other posts every day, and an unused tag has no feed.
    let page = if before.is_none() && !nothing { page.canonical(base.clone()) } else { page };
    let page = if nothing { page } else { page.feed(paths::tag_feed(&tag)) };
    let page = page.description(format!("What people write about #{tag} on Kith.")).with_trending().islands();
    let response = page.respond_with(&visit, || {
        if nothing {
            Either::Left(nobody(visit.me().is_some()))
        } else {
            Either::Right(list(List::new(&visit, &posts, base, before)))
        }
    });
    Ok(if nothing { search::unlisted(response) } else { response })
}

fn nobody(member: bool) -> impl IntoView {
    let way = if member {
        button_link("Write something", paths::WRITE, Weight::Primary)
    } else {
        button_link("See what is trending", paths::TRENDING, Weight::Quiet)
    };
    view! { <section class="sheet">{empty("No posts with this tag yet", "Posts with this tag appear here.", way)}</section> }
}

/// `GET /trending`
pub async fn trending(visit: Visit) -> Response {
    let tags = visit.cx.server.trending();
    let words = "Tags that several people use within a week appear here.";
    let quiet = tags.is_empty().then(|| view! { <section class="sheet">{empty("A quiet week", words, ())}</section> });
    page::Page::new("Trending this week")
        .canonical(paths::TRENDING)
        .respond(&visit, view! { {trending::all(&tags)}{quiet} })
}
