//! The profile of a user: who they are, their posts, replies and likes, their followers and the users they follow. Two
//! statements each: the user, and the list.

mod head;
mod list;
mod people;

use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{either::EitherOf3, prelude::*};
use server::{
    base::error::{Error, Result},
    db::Connection,
    social::{
        markup,
        profiles::{self, Profile},
    },
};

pub use self::people::{followers, following};
use self::{head::head, list::ProfileList};
use crate::{
    islands::PostList,
    page::{self, Tab, document::fragment, page_query::PageQuery, visit::Visit},
    paths,
    ui::{Weight, button_link, empty::empty, hidden},
};

/// A list on a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Posts,
    Replies,
    Likes,
}

impl Part {
    const ALL: [Self; 3] = [Self::Posts, Self::Replies, Self::Likes];

    fn name(self) -> &'static str {
        match self {
            Self::Posts => "Posts",
            Self::Replies => "Replies",
            Self::Likes => "Likes",
        }
    }

    fn path(self, username: &str) -> String {
        match self {
            Self::Posts => paths::profile(username),
            Self::Replies => paths::profile_replies(username),
            Self::Likes => paths::profile_likes(username),
        }
    }
}

/// `GET /@{username}`
pub async fn show(visit: Visit, Path(handle): Path<String>, Query(place): Query<PageQuery>) -> Result<Response> {
    part(&visit, &handle, &place, Part::Posts).await
}

/// `GET /@{username}/replies`
pub async fn replies(visit: Visit, Path(handle): Path<String>, Query(place): Query<PageQuery>) -> Result<Response> {
    part(&visit, &handle, &place, Part::Replies).await
}

/// `GET /@{username}/likes`
pub async fn likes(visit: Visit, Path(handle): Path<String>, Query(place): Query<PageQuery>) -> Result<Response> {
    part(&visit, &handle, &place, Part::Likes).await
}

async fn part(visit: &Visit, handle: &str, place: &PageQuery, part: Part) -> Result<Response> {
    let mut db = visit.cx.server.db().acquire().await?;
    let profile = match find(&mut db, visit, handle).await? {
        Found::Here(profile) => *profile,
        Found::Renamed(now) => return Ok(Redirect::to(&part.path(&now)).into_response()),
    };
    let shown = if profile.suspended {
        None
    } else {
        Some(ProfileList::load(&mut db, (profile.person.id, visit.cx.viewer()), place, part).await?)
    };
    let base = part.path(&profile.person.username);
    if place.only_list() {
        return Ok(fragment(|| shown.map(|shown| shown.items(visit, &base))));
    }
    let mine = visit.me().is_some_and(|me| me.id() == profile.person.id);
    let page = page::Page::new(title(&profile, part));
    let page = if place.is_first() && !profile.suspended { page.canonical(base.clone()) } else { page };
    let page = if profile.suspended { page } else { page.feed(paths::profile_feed(&profile.person.username)) };
    Ok(page
        .about(&profile.person)
        .description(describe(&profile))
        .tab(if mine { Tab::Profile } else { Tab::None })
        .own_heading()
        .heading(profile.person.name())
        .islands()
        .respond_with(visit, || view(visit, &profile, (part, shown), &base)))
}

/// The result for a handle.
enum Found {
    Here(Box<Profile>),
    /// The user has another username now.
    Renamed(String),
}

async fn find(db: &mut Connection, visit: &Visit, handle: &str) -> Result<Found> {
    let name = paths::username(handle).ok_or(Error::NotFound)?;
    match profiles::find(db, name, visit.cx.viewer()).await {
        Err(Error::NotFound) => Ok(Found::Renamed(profiles::renamed(db, name).await?)),
        found => Ok(Found::Here(Box::new(found?))),
    }
}

fn title(profile: &Profile, part: Part) -> String {
    let who = format!("{} (@{})", profile.person.name(), profile.person.username);
    match part {
        Part::Posts => who,
        other => format!("{} of {who}", other.name()),
    }
}

fn describe(profile: &Profile) -> String {
    if profile.bio.is_empty() || profile.suspended {
        format!("What {} writes on Kith.", profile.person.name())
    } else {
        markup::plain(&profile.bio)
    }
}

fn view(
    visit: &Visit,
    profile: &Profile,
    (part, shown): (Part, Option<ProfileList>),
    base: &str,
) -> impl IntoView + use<> {
    let person = &profile.person;
    let mine = visit.me().is_some_and(|me| me.id() == person.id);
    let tabs = shown.is_some().then(|| tabs(&person.username, part));
    let list = match shown {
        None => EitherOf3::A(empty("Nothing to read", "This account is suspended.", ())),
        Some(shown) if shown.is_empty() => EitherOf3::B(nothing(person.name(), part, mine)),
        Some(shown) => {
            let (next, items) = (visit.here.clone(), shown.items(visit, base));
            EitherOf3::C(view! { <form class="posts" method="post">{hidden("next", next)}{items}</form> })
        }
    };
    view! {
        <section class="sheet">{head(visit, profile, mine)}{tabs}</section>
        <section class="sheet" aria-label=part.name()>{list}</section>
        <PostList />
    }
}

fn tabs(username: &str, here: Part) -> impl IntoView + use<> {
    let tabs = Part::ALL
        .map(|part| {
            let current = (part == here).then_some("page");
            view! { <li><a href=part.path(username) aria-current=current>{part.name()}</a></li> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label="Profile"><ul>{tabs}</ul></nav> }
}

fn nothing(name: &str, part: Part, mine: bool) -> impl IntoView + use<> {
    let words = match (part, mine) {
        (Part::Posts, true) => "Your posts appear here.".to_owned(),
        (Part::Replies, true) => "Your replies appear here.".to_owned(),
        (Part::Likes, true) => "Posts you like appear here. Everyone can see them.".to_owned(),
        (Part::Posts, false) => format!("Posts by {name} appear here."),
        (Part::Replies, false) => format!("Replies by {name} appear here."),
        (Part::Likes, false) => format!("Posts that {name} likes appear here."),
    };
    let way = (mine && part == Part::Posts).then(|| button_link("Write something", paths::WRITE, Weight::Primary));
    empty("Nothing yet", words, way)
}
