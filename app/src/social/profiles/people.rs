//! The followers of a user, and the users they follow.

use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{either::Either, prelude::*, tachys::view::any_view::AnyView};
use server::{
    base::error::Result,
    social::{
        markup,
        profiles::{self, Listed, Profile, UserPage},
    },
};

use super::{Found, find};
use crate::{
    count,
    islands::PostList,
    page::{self, Tab, document::fragment, page_query::PageQuery, visit::Visit},
    paths,
    ui::{FollowButton, Size, avatar, empty::empty, hidden, pager},
};

/// The direction of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Followers,
    Following,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Followers => "Followers",
            Self::Following => "Following",
        }
    }

    /// Returns the number on the profile, which counts suspended accounts too.
    fn count(self, profile: &Profile) -> i64 {
        match self {
            Self::Followers => profile.followers,
            Self::Following => profile.following,
        }
    }

    fn path(self, username: &str) -> String {
        match self {
            Self::Followers => paths::followers(username),
            Self::Following => paths::followed_by(username),
        }
    }
}

/// `GET /@{username}/followers`
pub async fn followers(visit: Visit, Path(handle): Path<String>, Query(place): Query<PageQuery>) -> Result<Response> {
    people(&visit, &handle, &place, Way::Followers).await
}

/// `GET /@{username}/following`
pub async fn following(visit: Visit, Path(handle): Path<String>, Query(place): Query<PageQuery>) -> Result<Response> {
    people(&visit, &handle, &place, Way::Following).await
}

async fn people(visit: &Visit, handle: &str, place: &PageQuery, way: Way) -> Result<Response> {
    let before = place.mark()?;
    let mut db = visit.cx.server.db().acquire().await?;
    let profile = match find(&mut db, visit, handle).await? {
        Found::Here(profile) => *profile,
        Found::Renamed(now) => return Ok(Redirect::to(&way.path(&now)).into_response()),
    };
    let (them, viewer) = (profile.person.id, visit.cx.viewer());
    let users = match way {
        _ if profile.suspended => None,
        Way::Followers => Some(profiles::followers(&mut db, them, viewer, before).await?),
        Way::Following => Some(profiles::following(&mut db, them, viewer, before).await?),
    };
    if place.only_list() {
        return Ok(fragment(|| users.map(|users| items(visit, &users, &way.path(&profile.person.username)))));
    }
    let person = &profile.person;
    let mine = visit.me().is_some_and(|me| me.id() == person.id);
    let page = page::Page::new(format!("{} of {} (@{})", way.name(), person.name(), person.username));
    let page = if before.is_none() && !profile.suspended { page.canonical(way.path(&person.username)) } else { page };
    Ok(page
        .heading(person.name())
        .tab(if mine { Tab::Profile } else { Tab::None })
        .back(paths::profile(&person.username), "Back to the profile")
        .islands()
        .respond_with(visit, || view(visit, &profile, (way, users, before.is_none()), mine)))
}

fn view(
    visit: &Visit,
    profile: &Profile,
    (way, users, first): (Way, Option<UserPage>, bool),
    mine: bool,
) -> impl IntoView + use<> {
    let name = &profile.person.username;
    let tabs = [Way::Followers, Way::Following]
        .map(|one| {
            let current = (one == way).then_some("page");
            view! { <li><a href=one.path(name) aria-current=current>{one.name()}</a></li> }
        })
        .collect_view();
    let list = match users {
        Some(users) if !users.items.is_empty() => {
            let (next, items) = (visit.here.clone(), items(visit, &users, &way.path(name)));
            Either::Left(view! {
                <form method="post">{hidden("next", next)}<ul class="people user-list">{items}</ul></form>
            })
        }
        Some(_) if !first => Either::Right(empty("That is everyone", "Nobody else is in this list.".to_owned(), ())),
        some => {
            let hidden = if some.is_some() { way.count(profile) } else { 0 };
            let title = if hidden > 0 { "Nobody to show" } else { "Nobody yet" };
            Either::Right(empty(title, nobody(profile, way, (some.is_none(), mine)), ()))
        }
    };
    view! {
        <section class="sheet" aria-label=way.name()>
            <nav class="tabs" aria-label="People"><ul>{tabs}</ul></nav>
            {list}
        </section>
        <PostList />
    }
}

/// The text of an empty list. It must fit the count, which includes accounts that cannot be shown.
fn nobody(profile: &Profile, way: Way, (suspended, mine): (bool, bool)) -> String {
    let name = profile.person.name();
    let hidden = way.count(profile);
    match (way, mine) {
        _ if suspended => "This account is suspended.".to_owned(),
        _ if hidden > 0 => {
            let (you, verb) = if mine { ("you", "follow") } else { (name, "follows") };
            match (way, hidden) {
                (Way::Followers, 1) => format!("The account that follows {you} is suspended."),
                (Way::Followers, n) => format!("The {} accounts that follow {you} are suspended.", count::short(n)),
                (Way::Following, 1) => format!("The account that {you} {verb} is suspended."),
                (Way::Following, n) => format!("The {} accounts that {you} {verb} are suspended.", count::short(n)),
            }
        }
        (Way::Followers, true) => "People who follow you appear here.".to_owned(),
        (Way::Following, true) => "People you follow appear here.".to_owned(),
        (Way::Followers, false) => format!("People who follow {name} appear here."),
        (Way::Following, false) => format!("People {name} follows appear here."),
    }
}

fn items(visit: &Visit, users: &UserPage, base: &str) -> impl IntoView + use<> {
    let lines = users.items.iter().map(|listed| line(listed, follow(visit, listed))).collect_view();
    let more = users.next.map(|mark| pager::more_people(paths::before(base, mark)));
    view! { {lines}{more} }
}

fn line(listed: &Listed, act: Option<AnyView>) -> impl IntoView + use<> {
    let person = &listed.person;
    let bio = Some(markup::plain(&listed.bio)).filter(|line| !line.is_empty());
    let bio = bio.map(|line| view! { <p dir="auto">{line}</p> });
    view! {
        <li id=format!("u{}", person.id.0)>
            {avatar(person, Size::Post)}
            <div>
                <a href=paths::profile(&person.username)>
                    <b>{person.name().to_owned()}</b><small>{format!("@{}", person.username)}</small>
                </a>
                {bio}
            </div>
            {act}
        </li>
    }
}

/// The follow button; none beside the viewer's own name, and for a visitor who is signed out the link to the sign-in
/// page.
fn follow(visit: &Visit, listed: &Listed) -> Option<AnyView> {
    let name = &listed.person.username;
    let Some(me) = visit.me() else {
        let (href, label) = (paths::with_next(paths::SIGN_IN, &visit.here), format!("Follow @{name}"));
        return Some(view! { <a class="button slim" href=href aria-label=label>"Follow"</a> }.into_any());
    };
    (me.id() != listed.person.id).then(|| FollowButton::slim(name, listed.followed).view())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{render, xss};

    // H36.
    #[test]
    fn escapes_names_and_bios_in_user_lists() {
        for text in xss::CORPUS {
            let listed = Listed { person: xss::attacker(text), bio: text.to_string(), followed: false };
            let html = render(|| line(&listed, None));
            xss::assert_harmless(&html);
        }
    }
}
