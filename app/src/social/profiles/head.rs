//! The head of a profile: avatar, name, the text about the user, and their figures.

use leptos::prelude::*;
use server::social::{markup::Link, profiles::Profile};

use crate::{
    count,
    page::visit::Visit,
    paths,
    ui::{FollowButton, Icon, Size, Weight, avatar, button_link, hidden, icon, prose, safe_href, when},
};

/// The head of the page. A suspended user has a name and an avatar, and no text.
pub(super) fn head(visit: &Visit, profile: &Profile, mine: bool) -> impl IntoView + use<> {
    let person = &profile.person;
    let action = if mine {
        view! { <div class="do">{button_link("Edit profile", paths::PROFILE, Weight::Quiet)}</div> }.into_any()
    } else {
        follow(visit, profile).into_any()
    };
    let tag = profile.follows_viewer.then(|| view! { <span class="tag">"Follows you"</span> });
    let (pronouns, words) = if profile.suspended {
        (None, None)
    } else {
        (
            Some(profile.pronouns.clone()).filter(|text| !text.is_empty()),
            Some(view! { {bio(profile)}{elsewhere(profile)} }),
        )
    };
    let pronouns = pronouns.map(|text| view! { <span class="pronouns"><bdi>{text}</bdi></span> });
    view! {
        <div class="profile">
            <div class="cover" aria-hidden="true"><img src=avatar::source(person, Size::Post) alt="" /></div>
            <div class="portrait">{avatar::avatar_now(person, Size::Portrait)}</div>
            {action}
            <h1><bdi>{person.name().to_owned()}</bdi></h1>
            <p class="handle">{format!("@{}", person.username)}{pronouns}{tag}</p>
            {words}
            {figures(profile)}
        </div>
    }
}

fn bio(profile: &Profile) -> impl IntoView + use<> {
    let plain = profile.bio.clone();
    (!plain.is_empty()).then(|| match profile.bio_html.clone() {
        Some(html) => prose(html, "bio prose").into_any(),
        None => view! { <p class="bio plain" dir="auto">{plain}</p> }.into_any(),
    })
}

/// The location of the user, and their links.
fn elsewhere(profile: &Profile) -> impl IntoView + use<> {
    let place = (!profile.place.is_empty())
        .then(|| view! { <li>{icon(Icon::Place)}<span dir="auto">{profile.place.clone()}</span></li> });
    let links = profile
        .links
        .iter()
        .filter_map(|address| Some((safe_href(address)?, Link::read(address)?.short)))
        .map(|(href, text)| {
            view! { <li>{icon(Icon::Link)}<a href=href rel="me nofollow ugc noopener">{text}</a></li> }
        })
        .collect_view();
    let any = place.is_some() || !profile.links.is_empty();
    any.then(|| view! { <ul class="elsewhere">{place}{links}</ul> })
}

fn figures(profile: &Profile) -> impl IntoView + use<> {
    let name = &profile.person.username;
    let followers = count::of(profile.followers, "follower", "followers");
    let (n, noun) = followers.split_once(' ').map(|(n, noun)| (n.to_owned(), noun.to_owned())).unwrap_or_default();
    view! {
        <p class="facts">
            <a id="followers" href=paths::followers(name)><b>{n}</b>" "<i>{noun}</i></a>
            <a href=paths::followed_by(name)><b>{count::short(profile.following)}</b>" following"</a>
            <span><b>{count::short(profile.posts)}</b>{if profile.posts == 1 { " post" } else { " posts" }}</span>
            <span>{icon(Icon::Calendar)}"Joined in "{when::month(profile.joined_at)}</span>
        </p>
    }
}

/// The follow button; a visitor who is signed out is sent to the sign-in page and back.
fn follow(visit: &Visit, profile: &Profile) -> impl IntoView + use<> {
    let name = &profile.person.username;
    if visit.me().is_none() {
        let href = format!("{}?next={}", paths::SIGN_IN, paths::profile(name));
        return view! { <div class="do">{button_link("Follow", href, Weight::Primary)}</div> }.into_any();
    }
    let button = FollowButton { class: "button primary follow", ..FollowButton::slim(name, profile.followed) };
    view! {
        <form class="do" method="post" action=paths::follow(name)>
            {hidden("next", visit.here.clone())}
            {button.view()}
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use server::base::id::UserId;
    use time::macros::datetime;

    use super::*;
    use crate::ui::{render, xss};

    fn profile(text: &str) -> Profile {
        Profile {
            person: xss::attacker(text),
            bio: text.to_owned(),
            bio_html: None,
            pronouns: text.to_owned(),
            place: text.to_owned(),
            links: vec![text.to_owned(), format!("https://example.org/{text}"), format!("javascript:{text}")],
            joined_at: datetime!(2026-03-14 15:00 UTC),
            followers: 1,
            following: 2,
            posts: 3,
            followed: false,
            follows_viewer: true,
            suspended: false,
        }
    }

    // H36.
    #[test]
    fn escapes_bio_and_links_in_the_profile_head() {
        for text in xss::CORPUS {
            let profile = profile(text);
            assert_eq!(profile.person.id, UserId(1));
            let html = render(|| view! { {bio(&profile)}{elsewhere(&profile)}{figures(&profile)} });
            xss::assert_harmless(&html);
            assert!(!html.contains("href=\"javascript"), "{html}");
        }
    }

    #[test]
    fn profile_links_show_their_target_with_nofollow() {
        let mut profile = profile("x");
        profile.links = vec!["https://www.example.org/@ada".to_owned()];
        let html = render(|| elsewhere(&profile));
        let link = "<a href=\"https://www.example.org/@ada\" rel=\"me nofollow ugc noopener\">example.org/@ada</a>";
        assert!(html.contains(link), "{html}");
    }
}
