//! A post's own page: the post, where one answers, and the replies, oldest first.

use axum::{
    extract::{Path, Query},
    response::Response,
};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    clock,
    error::{Error, Result},
    feed,
    id::PostId,
    posts::{self, Post},
    request::Member,
};
use time::{Duration, OffsetDateTime};

use super::{
    card::{self, Viewer},
    composer::{Draft, composer},
};
use crate::{
    islands::PostList,
    paths,
    ui::{self, Tab, hidden, page::fragment, prose},
    visit::Visit,
};

/// Where in the replies, and whether only they are wanted.
#[derive(Debug, Default, Deserialize)]
pub struct Place {
    after: Option<String>,
    part: Option<String>,
}

/// What the page shows.
struct Thread {
    post: Post,
    replies: feed::Page,
    after: Option<PostId>,
}

/// `GET /posts/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>, Query(place): Query<Place>) -> Result<Response> {
    let id = parse(&id)?;
    let after = place.after.as_deref().map(parse).transpose()?;
    if place.part.as_deref() == Some("list") {
        let mut db = visit.cx.server.db().acquire().await?;
        let replies = feed::replies(&mut db, id, visit.cx.viewer(), after).await?;
        let (viewer, now) = (Viewer::of(&visit), clock::now());
        return Ok(fragment(|| reply_items(id, &replies, viewer, now)));
    }
    let thread = load(&visit, id, after).await?;
    Ok(respond(&visit, &thread, Draft::default()))
}

/// `GET /posts/new`
pub async fn new(visit: Visit, me: Member) -> Response {
    let draft = Draft { focus: true, ..Draft::default() };
    ui::Page::new("Write")
        .tab(Tab::Write)
        .back(paths::HOME, "Back to the latest posts")
        .islands()
        .respond_with(&visit, || composer(&me, paths::POSTS.to_owned(), draft))
}

/// The page again, after a reply that could not be taken.
pub(super) async fn show_again(visit: &Visit, id: PostId, draft: Draft<'_>) -> Result<Response> {
    let thread = load(visit, id, None).await?;
    Ok(respond(visit, &thread, draft))
}

/// A post's id out of an address. What is no id is no page.
pub(crate) fn parse(id: &str) -> Result<PostId> {
    id.parse().map_err(|_| Error::NotFound)
}

async fn load(visit: &Visit, id: PostId, after: Option<PostId>) -> Result<Thread> {
    let mut db = visit.cx.server.db().acquire().await?;
    let post = posts::find(&mut db, id, visit.cx.viewer()).await?;
    let replies = feed::replies(&mut db, id, visit.cx.viewer(), after).await?;
    Ok(Thread { post, replies, after })
}

fn respond(visit: &Visit, thread: &Thread, draft: Draft<'_>) -> Response {
    let post = &thread.post;
    let excerpt = post.excerpt(160);
    let back = post.parent.map_or_else(|| paths::HOME.to_owned(), paths::post);
    let label = if post.parent.is_some() { "Back to what this answers" } else { "Back to the latest posts" };
    let title = format!("{}: {}", post.author.name(), post.excerpt(80));
    let page = ui::Page::new(title).written(&post.author, post.created_at);
    let page = if thread.after.is_none() { page.canonical(paths::post(post.id)) } else { page };
    draft
        .answer(page)
        .heading("Post")
        .description(excerpt)
        .back(back, label)
        .islands()
        .respond_with(visit, || view(visit, thread, draft))
}

fn view(visit: &Visit, thread: &Thread, draft: Draft<'_>) -> impl IntoView + use<> {
    let Thread { post, replies, after } = thread;
    let (viewer, now, next) = (Viewer::of(visit), clock::now(), paths::post(post.id));
    let mine = visit.me().is_some_and(|me| me.id() == post.author.id);
    let answer = visit
        .me()
        .filter(|_| after.is_none())
        .map(|me| composer(me, paths::replies(post.id), Draft { reply: true, ..draft }));
    let focal = focal(post, &viewer, now, mine);
    let list = (!replies.posts.is_empty()).then(|| {
        let (items, next) = (reply_items(post.id, replies, viewer, now), next.clone());
        view! {
            <section class="sheet" id="replies" aria-label="Replies">
                <form class="posts" method="post">{hidden("next", next)}{items}</form>
            </section>
        }
    });
    let quiet = replies.posts.is_empty().then(|| view! { <p class="end-of-list none">"No replies yet."</p> });
    view! {
        <section class="sheet"><form class="posts" method="post">{hidden("next", next)}{focal}</form></section>
        {answer}{list}{quiet}
        <PostList />
    }
}

/// The post itself: larger, with its whole text, the exact time, and for its author the way to take it down.
fn focal(post: &Post, viewer: &Viewer, now: OffsetDateTime, mine: bool) -> impl IntoView + use<> {
    let exact = ui::when::exact(post.created_at);
    let recent =
        (now - post.created_at < Duration::WEEK).then(|| view! { " · "{ui::when::said(post.created_at, now)} });
    let delete = mine.then(|| {
        view! {
            <details class="end">
                <summary>"Delete"</summary>
                <button class="button danger slim" formaction=paths::delete(post.id)>"Delete for good"</button>
            </details>
        }
    });
    view! {
        <article class="post focal" id=card::anchor(post)>
            <div class="by">{card::author(post)}</div>
            {prose(post.html.clone(), "text")}
            <p class="written"><time datetime=ui::when::machine(post.created_at)>{exact}</time>{recent}</p>
            <div class="acts">{card::like(post, viewer)}{card::replies(post, "#replies".to_owned())}{delete}</div>
        </article>
    }
}

fn reply_items(id: PostId, replies: &feed::Page, viewer: Viewer, now: OffsetDateTime) -> impl IntoView + use<> {
    let cards = replies.posts.iter().map(|reply| card::card(reply, &viewer, now)).collect_view();
    let more = replies.older.map(|last| ui::pager::more(format!("{}?after={last}", paths::post(id))));
    view! { {cards}{more} }
}
