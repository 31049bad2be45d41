//! Somebody's page: who they are, and what they wrote. Two statements.

use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{either::EitherOf3, prelude::*};
use server::{
    error::{Error, Result},
    feed::{self, Page},
    id::PostId,
    profiles::{self, Profile},
};

use crate::{
    count,
    feed::{List, Place},
    islands::PostList,
    paths,
    ui::{self, Icon, Size, Tab, Weight, avatar, button_link, empty::empty, hidden, icon, page::fragment, when},
    visit::Visit,
};

/// The username in a path's first part, when it is one: `@ada`.
pub fn username(handle: &str) -> Option<&str> {
    let name = handle.strip_prefix('@')?;
    let fits = (3..=24).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    fits.then_some(name)
}

/// `GET /@{username}`
pub async fn show(visit: Visit, Path(handle): Path<String>, Query(place): Query<Place>) -> Result<Response> {
    let name = username(&handle).ok_or(Error::NotFound)?;
    let before = place.before()?;
    let mut db = visit.cx.server.db().acquire().await?;
    let profile = match profiles::find(&mut db, name, visit.cx.viewer()).await {
        Err(Error::NotFound) => {
            let now = profiles::renamed(&mut db, name).await?;
            return Ok(Redirect::to(&paths::profile(&now)).into_response());
        }
        found => found?,
    };
    let posts = feed::by_author(&mut db, profile.person.id, visit.cx.viewer(), before).await?;
    let base = paths::profile(&profile.person.username);
    if place.only_list() {
        return Ok(fragment(|| List::new(&visit, &posts, base, before).items()));
    }
    let mine = visit.me().is_some_and(|me| me.id() == profile.person.id);
    let page = ui::Page::new(format!("{} (@{})", profile.person.name(), profile.person.username));
    let page = if before.is_none() && !profile.suspended { page.canonical(base) } else { page };
    let page = if profile.suspended { page } else { page.feed(paths::profile_feed(&profile.person.username)) };
    Ok(page
        .about(&profile.person)
        .description(describe(&profile))
        .tab(if mine { Tab::Profile } else { Tab::None })
        .own_heading()
        .heading(profile.person.name())
        .islands()
        .respond_with(&visit, || view(&visit, &profile, (&posts, before), mine)))
}

fn describe(profile: &Profile) -> String {
    match profile.bio.is_empty() {
        true => format!("What {} writes on Kith.", profile.person.name()),
        false => profile.bio.clone(),
    }
}

fn view(
    visit: &Visit,
    profile: &Profile,
    (posts, before): (&Page, Option<PostId>),
    mine: bool,
) -> impl IntoView + use<> {
    let person = &profile.person;
    let head = head(visit, profile, mine);
    let list = if profile.suspended {
        EitherOf3::A(empty("Nothing to read", "This account is suspended.", ()))
    } else if posts.posts.is_empty() {
        EitherOf3::B(nothing(person.name(), mine))
    } else {
        EitherOf3::C(List::new(visit, posts, paths::profile(&person.username), before).form())
    };
    view! {
        <section class="sheet">{head}</section>
        <section class="sheet" aria-label="Posts">{list}</section>
        <PostList />
    }
}

fn nothing(name: &str, mine: bool) -> impl IntoView + use<> {
    let (words, way) = match mine {
        true => (
            "What you write stands here.".to_owned(),
            Some(button_link("Write something", paths::WRITE, Weight::Primary)),
        ),
        false => (format!("When {name} writes something, it stands here."), None),
    };
    empty("Nothing yet", words, way)
}

fn head(visit: &Visit, profile: &Profile, mine: bool) -> impl IntoView + use<> {
    let person = &profile.person;
    let action = match mine {
        true => {
            view! { <div class="do">{button_link("Change picture", paths::PROFILE, Weight::Quiet)}</div> }.into_any()
        }
        false => follow(visit, profile).into_any(),
    };
    let tag = profile.follows_viewer.then(|| view! { <span class="tag">"Follows you"</span> });
    let bio = (!profile.bio.is_empty()).then(|| view! { <p class="bio" dir="auto">{profile.bio.clone()}</p> });
    let followers = count::of(profile.followers, "follower", "followers");
    let (n, noun) = split(&followers);
    view! {
        <div class="profile">
            <div class="cover" aria-hidden="true"><img src=avatar::source(person, Size::Post) alt="" /></div>
            <div class="portrait">{avatar::avatar_now(person, Size::Portrait)}</div>
            {action}
            <h1><bdi>{person.name().to_owned()}</bdi></h1>
            <p class="handle">{format!("@{}", person.username)}{tag}</p>
            {bio}
            <p class="facts">
                <span id="followers"><b>{n}</b>" "<i>{noun}</i></span>
                <span><b>{count::short(profile.following)}</b>" following"</span>
                <span><b>{count::short(profile.posts)}</b>{if profile.posts == 1 { " post" } else { " posts" }}</span>
                <span>{icon(Icon::Calendar)}"Joined in "{when::month(profile.joined_at)}</span>
            </p>
        </div>
    }
}

/// To follow them, or no longer; a stranger is led to signing in and back.
fn follow(visit: &Visit, profile: &Profile) -> impl IntoView + use<> {
    let name = &profile.person.username;
    if visit.me().is_none() {
        let href = format!("{}?next={}", paths::SIGN_IN, paths::profile(name));
        return view! { <div class="do">{button_link("Follow", href, Weight::Primary)}</div> }.into_any();
    }
    let (label, pressed, value) =
        if profile.followed { ("Following", "true", "false") } else { ("Follow", "false", "true") };
    view! {
        <form class="do" method="post" action=paths::follow(name)>
            {hidden("next", paths::profile(name))}
            <button class="button primary follow" name="follow" value=value aria-pressed=pressed>{label}</button>
        </form>
    }
    .into_any()
}

fn split(text: &str) -> (String, String) {
    text.split_once(' ').map(|(n, noun)| (n.to_owned(), noun.to_owned())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_handle_names_a_person() {
        assert_eq!(username("@ada"), Some("ada"));
        assert_eq!(username("@Ada"), Some("Ada"));
        for other in
            ["ada", "@", "@a", "@ada/x", "@ada.atom", "@\u{430}da", "favicon.ico", "@aaaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            assert_eq!(username(other), None, "{other}");
        }
    }
}
