//! The navigation, the user's menu in it, and the default column beside a page.

use leptos::{prelude::*, tachys::view::any_view::AnyView};
use server::{
    identity::{sessions::request::Member, users::UserSummary},
    social::notifications::MAX_COUNTED,
};

use super::visit::{Theme, Visit};
use crate::{
    paths,
    ui::{Icon, Size, Weight, avatar::avatar_now, button_link, hidden, icon, mark::mark},
};

/// The place of a page in the navigation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    None,
    Home,
    Following,
    Search,
    Notifications,
    Write,
    /// The profile of the signed-in user.
    Profile,
    Settings,
}

/// The rail on wide screens; the same list is the tab bar on a phone.
pub(super) fn rail(visit: &Visit, tab: Tab) -> AnyView {
    let items = match visit.me() {
        Some(me) => member(me, tab).into_any(),
        None => stranger(tab).into_any(),
    };
    let menu = visit.me().map(|me| menu(visit, &me.person));
    view! {
        <header class="rail">
            <a class="brand" href=paths::HOME aria-label="Kith, home">{mark()}<span>"Kith"</span></a>
            <nav aria-label="Main"><ul>{items}</ul></nav>
            {menu}
        </header>
    }
    .into_any()
}

fn member(me: &Member, tab: Tab) -> impl IntoView + use<> {
    let person = &me.person;
    view! {
        <li>{item(paths::HOME, Icon::Home, "Home", tab == Tab::Home)}</li>
        <li class="only-wide">{item(paths::FOLLOWING, Icon::Following, "Following", tab == Tab::Following)}</li>
        <li>{item(paths::SEARCH, Icon::Search, "Search", tab == Tab::Search)}</li>
        <li class="bell">{bell(me.unread, tab == Tab::Notifications)}</li>
        <li class="only-wide">{item(&paths::profile(&person.username), Icon::Person, "Profile", tab == Tab::Profile)}</li>
        <li class="only-wide">{item(paths::DEVICES, Icon::Settings, "Settings", tab == Tab::Settings)}</li>
        <li class="write">{item(paths::WRITE, Icon::Write, "Write", tab == Tab::Write)}</li>
        <li class="me">
            <button type="button" popovertarget="me" aria-label=format!("You: {}", person.name())>
                {avatar_now(person, Size::Tab)}
                <span class="only-wide">{person.name().to_owned()}</span>
                <span class="only-narrow">"You"</span>
            </button>
        </li>
    }
}

fn stranger(tab: Tab) -> impl IntoView {
    view! {
        <li>{item(paths::HOME, Icon::Home, "Home", tab == Tab::Home)}</li>
        <li>{item(paths::SEARCH, Icon::Search, "Search", tab == Tab::Search)}</li>
        <li>{item(paths::SIGN_UP, Icon::Follow, "Sign up", false)}</li>
        <li>{item(paths::SIGN_IN, Icon::SignIn, "Sign in", false)}</li>
    }
}

/// The link to the notifications, with the number of unread ones.
fn bell(unread: i64, here: bool) -> impl IntoView + use<> {
    let (label, count) = match unread {
        ..=0 => ("Notifications".to_owned(), None),
        n if n > MAX_COUNTED => {
            (format!("Notifications, more than {MAX_COUNTED} unread"), Some(format!("{MAX_COUNTED}+")))
        }
        n => (format!("Notifications, {n} unread"), Some(n.to_string())),
    };
    let count = count.map(|count| view! { <b class="count">{count}</b> });
    view! {
        <a href=paths::NOTIFICATIONS aria-label=label aria-current=here.then_some("page")>
            {icon(Icon::Bell)}{count}<span>"Notifications"</span>
        </a>
    }
}

fn item(href: &str, sign: Icon, label: &'static str, here: bool) -> impl IntoView + use<> {
    let href = href.to_owned();
    // A label of its own: the narrow rail does not show the word.
    view! { <a href=href aria-label=label aria-current=here.then_some("page")>{icon(sign)}<span>{label}</span></a> }
}

/// The tabs above both feeds: the current one, and a link to the other.
pub fn feeds(here: Tab) -> AnyView {
    let tab = |href: &'static str, label: &'static str, tab: Tab| {
        view! { <a href=href aria-current=(here == tab).then_some("page")>{label}</a> }
    };
    view! {
        <nav class="feeds" aria-label="Feeds">
            {tab(paths::HOME, "Latest", Tab::Home)}{tab(paths::FOLLOWING, "Following", Tab::Following)}
        </nav>
    }
    .into_any()
}

/// The user's menu. A popover: it opens and closes without script.
fn menu(visit: &Visit, me: &UserSummary) -> AnyView {
    view! {
        <div class="menu" id="me" popover="auto">
            <a class="who" href=paths::profile(&me.username)>
                {avatar_now(me, Size::Post)}
                <span><b>{me.name().to_owned()}</b><small>{format!("@{}", me.username)}</small></span>
            </a>
            <a href=paths::DEVICES>{icon(Icon::Settings)}"Settings"</a>
            {theme(visit)}
            <hr />
            <form method="post" action=paths::SIGN_OUT>
                <button type="submit">{icon(Icon::SignOut)}"Sign out"</button>
            </form>
        </div>
    }
    .into_any()
}

/// The choice of light, dark, or the system's colours: remembered without script.
fn theme(visit: &Visit) -> impl IntoView + use<> {
    let now = visit.theme;
    let choice = |value: &'static str, sign: Icon, label: &'static str, on: bool| {
        view! {
            <button name="theme" value=value aria-pressed=if on { "true" } else { "false" } aria-label=label>
                {icon(sign)}
            </button>
        }
    };
    view! {
        <form class="theme" method="post" action=paths::THEME aria-label="Colours">
            {hidden("next", visit.here.clone())}
            {choice("light", Icon::Sun, "Light", matches!(now, Theme::Light))}
            {choice("system", Icon::System, "As the system", matches!(now, Theme::System))}
            {choice("dark", Icon::Moon, "Dark", matches!(now, Theme::Dark))}
        </form>
    }
}

/// The greeting for visitors who are signed out.
pub(super) fn hello() -> impl IntoView {
    view! {
        <section class="hello">
            <h2>"The people next door, out loud."</h2>
            <p>"Kith is for the friends and neighbours you would stop to talk to. Read as long as you like; join when you want to answer."</p>
            <div class="line-up">
                {button_link("Sign up", paths::SIGN_UP, Weight::Quiet)}
                {button_link("Sign in", paths::SIGN_IN, Weight::Quiet)}
            </div>
        </section>
    }
}

/// The keyboard shortcuts that work everywhere.
pub(super) fn keys() -> impl IntoView {
    view! {
        <section class="note">
            <h2>"Keyboard shortcuts"</h2>
            <dl class="keys">
                <dt><kbd>"j"</kbd><kbd>"k"</kbd></dt><dd>"next, previous post"</dd>
                <dt><kbd>"l"</kbd></dt><dd>"like it"</dd>
                <dt><kbd>"↵"</kbd></dt><dd>"open it"</dd>
                <dt><kbd>"n"</kbd></dt><dd>"write something"</dd>
                <dt><kbd>"/"</kbd></dt><dd>"search"</dd>
            </dl>
        </section>
    }
}

/// The footer.
pub(super) fn foot(visit: &Visit) -> AnyView {
    view! { <footer class="foot"><span>"Kith, for friends and neighbours"</span>{theme(visit)}</footer> }.into_any()
}
