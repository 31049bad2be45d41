//! Search results as lists. Each has a plain link to the next page, which the island around it follows in place.

use leptos::{either::EitherOf3, prelude::*};
use server::{
    base::id::PostId,
    social::search::{FoundUser, People, Posts, Query, Tags},
};

use crate::{
    count,
    islands::PostList,
    page::visit::Visit,
    paths,
    ui::{
        FollowButton, Size, avatar, hidden, pager,
        post_card::{Viewer, card},
    },
};

/// Posts in their form, in their island.
pub(super) fn posts(visit: &Visit, query: &Query, found: &Posts, before: Option<PostId>) -> impl IntoView + use<> {
    let base = paths::searched(paths::SEARCH_POSTS, query.text());
    let next = before.map_or_else(|| base.clone(), |id| paths::before(&base, id));
    let items = post_items(visit, query, found, before);
    view! {
        <section class="sheet" aria-label="Posts">
            <form class="posts" method="post">{hidden("next", next)}{items}</form>
            <PostList />
        </section>
    }
}

/// The cards, and the link to older ones, or further back if the search reached its limit.
pub(super) fn post_items(visit: &Visit, query: &Query, found: &Posts, before: Option<PostId>) -> impl IntoView + use<> {
    let (viewer, now) = (Viewer::of(visit.me()), server::base::clock::now());
    let base = paths::searched(paths::SEARCH_POSTS, query.text());
    let cards = found.page.items.iter().map(|post| card(post, &viewer, now)).collect_view();
    let none = found.page.items.is_empty() && before.is_none();
    let rest = match found.further {
        Some(id) => EitherOf3::A(pager::further(paths::before(&base, id))),
        None if none => EitherOf3::B(view! { <p class="end-of-list">"No posts have that in them."</p> }),
        None => EitherOf3::C(pager::older(found.page.next.map(|id| paths::before(&base, id)))),
    };
    view! { {cards}{rest} }
}

/// The first of the users found, beside other results; below them users with a similar name.
pub(super) fn first_people(
    visit: &Visit,
    query: &Query,
    (people, alike): (&[FoundUser], &[FoundUser]),
    more: bool,
) -> impl IntoView + use<> {
    let named = (!people.is_empty()).then(|| {
        let all = more.then(|| view! { <a href=paths::searched(paths::SEARCH_PEOPLE, query.text())>"All people"</a> });
        let lines = lines(visit, people);
        view! {
            <section class="sheet found">
                <h2>"People"{all}</h2>
                <form method="post">{hidden("next", visit.here.clone())}<ul class="people">{lines}</ul></form>
            </section>
        }
    });
    view! { {named}{spelled_like(visit, alike)} }
}

/// All users found, a page at a time; below the first page, if it has room, users with a similar name.
pub(super) fn people(visit: &Visit, query: &Query, found: &People, alike: &[FoundUser]) -> impl IntoView + use<> {
    let named = (!found.people.is_empty()).then(|| {
        let items = people_items(visit, query, found);
        view! {
            <section class="sheet found" aria-label="People">
                <form method="post"><div class="people">{hidden("next", visit.here.clone())}{items}</div></form>
            </section>
        }
    });
    view! { {named}{spelled_like(visit, alike)}<PostList /> }
}

fn spelled_like(visit: &Visit, alike: &[FoundUser]) -> impl IntoView + use<> {
    (!alike.is_empty()).then(|| {
        let lines = lines(visit, alike);
        view! {
            <section class="sheet found">
                <h2>"Spelled like it"</h2>
                <form method="post">{hidden("next", visit.here.clone())}<ul class="people">{lines}</ul></form>
            </section>
        }
    })
}

/// The lines of a page of users, and the link to the next.
pub(super) fn people_items(visit: &Visit, query: &Query, found: &People) -> impl IntoView + use<> {
    let lines = lines(visit, &found.people);
    let base = paths::searched(paths::SEARCH_PEOPLE, query.text());
    let more = found.more.map(|rank| pager::more_of("More people", paths::after(&base, &rank.to_string())));
    view! { <ul class="people">{lines}</ul>{more} }
}

fn lines(visit: &Visit, people: &[FoundUser]) -> impl IntoView + use<> {
    people.iter().map(|person| line(visit, person)).collect_view()
}

/// An avatar, a name, the number of followers; and for members the follow button.
fn line(visit: &Visit, person: &FoundUser) -> impl IntoView + use<> {
    let author = &person.author;
    let others = visit.me().filter(|me| me.id() != author.id);
    let follow = others.map(|_| FollowButton::slim(&author.username, person.followed).view());
    let handle = format!("@{} · {}", author.username, count::of(person.followers, "follower", "followers"));
    view! {
        <li>
            {avatar(author, Size::Post)}
            <a href=paths::profile(&author.username)><b>{author.name().to_owned()}</b><small>{handle}</small></a>
            {follow}
        </li>
    }
}

/// The first of the tags found, beside other results.
pub(super) fn first_tags(query: &Query, found: &Tags) -> impl IntoView + use<> {
    let all = found
        .more
        .is_some()
        .then(|| view! { <a href=paths::searched(paths::SEARCH_TAGS, query.text())>"All tags"</a> });
    let chips = chips(found);
    view! { <section class="sheet found"><h2>"Tags"{all}</h2><ul class="chips">{chips}</ul></section> }
}

/// All tags found, a page at a time.
pub(super) fn tags(query: &Query, found: &Tags) -> impl IntoView + use<> {
    let items = tag_items(query, found);
    view! { <section class="sheet found" aria-label="Tags">{items}<PostList /></section> }
}

/// A page of tags, and the link to the next.
pub(super) fn tag_items(query: &Query, found: &Tags) -> impl IntoView + use<> {
    let chips = chips(found);
    let base = paths::searched(paths::SEARCH_TAGS, query.text());
    let more = found.more.as_ref().map(|tag| pager::more_of("More tags", paths::after(&base, tag)));
    view! { <ul class="chips">{chips}</ul>{more} }
}

fn chips(found: &Tags) -> impl IntoView + use<> {
    found
        .tags
        .iter()
        .map(|tag| view! { <li><a href=paths::tag(tag) dir="auto">{format!("#{tag}")}</a></li> })
        .collect_view()
}
