//! A post's own page: the posts it answers, the post, the reply field, and the replies, oldest first. Two statements.

use axum::{
    extract::{Path, Query},
    response::Response,
};
use leptos::{either::Either, prelude::*};
use serde::Deserialize;
use server::{
    base::{
        clock,
        error::{Error, Result},
        id::PostId,
    },
    identity::sessions::request::Member,
    social::posts::{
        Post,
        thread::{Chain, Replies, ThreadEntry, chain, replies},
    },
};
use time::{Duration, OffsetDateTime};

use super::{
    composer::{ComposerKind, Draft, composer},
    thread,
};
use crate::{
    count,
    islands::PostList,
    page::{self, Tab, document::fragment, visit::Visit},
    paths,
    ui::{
        self, hidden,
        post_card::{self, Viewer},
        prose,
    },
};

/// The position in the replies, and whether only they are requested.
#[derive(Debug, Default, Deserialize)]
pub struct ThreadQuery {
    after: Option<String>,
    part: Option<String>,
}

/// The content of the page.
struct Thread {
    chain: Chain,
    replies: Replies,
    after: Option<PostId>,
}

/// `GET /posts/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>, Query(place): Query<ThreadQuery>) -> Result<Response> {
    let id = parse(&id)?;
    let after = place.after.as_deref().map(parse).transpose()?;
    if place.part.as_deref() == Some("list") {
        let mut db = visit.cx.server.db().acquire().await?;
        let replies = replies(&mut db, id, visit.cx.viewer(), after).await?;
        let (viewer, now) = (Viewer::of(visit.me()), clock::now());
        return Ok(fragment(|| thread::items(id, &replies, viewer, now)));
    }
    let thread = load(&visit, id, after).await?;
    Ok(respond(&visit, &thread, Draft::default()))
}

/// `GET /posts/new`
pub async fn new(visit: Visit, me: Member) -> Response {
    let draft = Draft { focus: true, ..Draft::default() };
    page::Page::new("Write")
        .tab(Tab::Write)
        .back(paths::HOME, "Back to the latest posts")
        .islands()
        .respond_with(&visit, || composer(&me, paths::POSTS.to_owned(), draft))
}

/// Shows the page again, after a reply was refused.
pub(super) async fn show_again(visit: &Visit, id: PostId, draft: Draft<'_>) -> Result<Response> {
    let thread = load(visit, id, None).await?;
    Ok(respond(visit, &thread, draft))
}

/// Parses a post's id from an address. An invalid id is no page.
pub(crate) fn parse(id: &str) -> Result<PostId> {
    id.parse().map_err(|_| Error::NotFound)
}

async fn load(visit: &Visit, id: PostId, after: Option<PostId>) -> Result<Thread> {
    let mut db = visit.cx.server.db().acquire().await?;
    let chain = chain(&mut db, id, visit.cx.viewer()).await?;
    if chain.place.post().is_none() && !chain.place.answered {
        return Err(Error::NotFound);
    }
    let replies = replies(&mut db, id, visit.cx.viewer(), after).await?;
    // The place of a deleted post is worth a page only for the replies below it.
    if chain.place.post().is_none() && replies.branches.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(Thread { chain, replies, after })
}

fn respond(visit: &Visit, thread: &Thread, draft: Draft<'_>) -> Response {
    let place = &thread.chain.place;
    let page = match place.post() {
        Some(post) => page::Page::new(format!("{}: {}", post.author.name(), post.excerpt(80)))
            .heading("Post")
            .description(post.excerpt(160))
            .written(&post.author, post.created_at),
        None => page::Page::new("Post"),
    };
    let page = match (place.post(), thread.after) {
        (Some(post), None) => page.canonical(paths::post(post.id)),
        // Later pages of the replies, and the replies below a deleted post, are no pages for search engines.
        _ => page,
    };
    let (back, label) = match place.parent {
        Some(parent) => (paths::post(parent), "Back to what this answers"),
        None => (paths::HOME.to_owned(), "Back to the latest posts"),
    };
    draft.answer(page).back(back, label).islands().respond_with(visit, || view(visit, thread, draft))
}

fn view(visit: &Visit, thread: &Thread, draft: Draft<'_>) -> impl IntoView + use<> {
    let Thread { chain, replies, after } = thread;
    let (id, viewer, now) = (chain.place.id, Viewer::of(visit.me()), clock::now());
    let next = paths::post(id);
    let answer = visit
        .me()
        .filter(|_| after.is_none() && chain.place.post().is_some())
        .map(|me| composer(me, paths::replies(id), Draft { kind: ComposerKind::Reply, ..draft }));
    let above = thread::above(chain, viewer, now);
    let focal = match &chain.place.stands {
        ThreadEntry::Post(post) => {
            let mine = visit.me().is_some_and(|me| me.id() == post.author.id);
            Either::Left(focal(post, &viewer, now, mine))
        }
        stands => Either::Right(thread::gone(id, stands)),
    };
    let list = (!replies.branches.is_empty()).then(|| {
        let (items, next) = (thread::items(id, replies, viewer, now), next.clone());
        view! {
            <section class="sheet" id="replies" aria-label="Replies">
                <form class="posts tree" method="post">{hidden("next", next)}{items}</form>
            </section>
        }
    });
    let quiet = replies.branches.is_empty().then(|| {
        let words = no_replies(chain.place.post().map_or(0, |post| post.reply_count), after.is_some());
        view! { <p class="end-of-list none">{words}</p> }
    });
    view! {
        <section class="sheet"><form class="posts" method="post">{hidden("next", next)}{above}{focal}</form></section>
        {answer}{list}{quiet}
        <PostList />
    }
}

/// The text if no reply can be shown. It must fit the count, which includes the replies of suspended users.
fn no_replies(count: i64, later_page: bool) -> String {
    match count {
        _ if later_page => "No more replies.".to_owned(),
        ..=0 => "No replies yet.".to_owned(),
        1 => "The only reply is hidden.".to_owned(),
        n => format!("All {} replies are hidden.", count::short(n)),
    }
}

/// The post itself: larger, with its whole text, the exact time, and the delete button for its author.
fn focal(post: &Post, viewer: &Viewer, now: OffsetDateTime, mine: bool) -> impl IntoView + use<> {
    let exact = ui::when::exact(post.created_at);
    let recent =
        (now - post.created_at < Duration::WEEK).then(|| view! { " · "{ui::when::said(post.created_at, now)} });
    let edited = post.edited_at.map(|_| view! { " · "{post_card::edited(post)} });
    let own = mine.then(|| {
        view! {
            <a class="edit" href=paths::edit(post.id)>"Edit"</a>
            <details class="end">
                <summary>"Delete"</summary>
                <button class="button danger slim" formaction=paths::delete(post.id)>"Delete for good"</button>
            </details>
        }
    });
    view! {
        <article class="post focal" id=post_card::anchor(post)>
            <div class="by">{post_card::author(post)}</div>
            {prose(post.html.clone(), "text")}
            <p class="written"><time datetime=ui::when::machine(post.created_at)>{exact}</time>{recent}{edited}</p>
            <div class="acts">{post_card::like(post, viewer)}{post_card::replies(post, "#replies".to_owned())}{own}</div>
        </article>
    }
}
