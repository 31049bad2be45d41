//! The two shells: the site's, and the card.

use leptos::{either::Either, prelude::*, tachys::view::any_view::AnyView};

use super::{
    flash::Tone,
    nav::{self, Tab},
    visit::Visit,
};
use crate::{
    paths,
    ui::{Icon, icon, mark::mark, trending},
};

/// The parts that the site's shell shows besides the view.
#[derive(Default)]
pub(super) struct Parts {
    pub heading: String,
    pub own_heading: bool,
    pub back: Option<(String, &'static str)>,
    pub tab: Tab,
    /// True if the trending tags are shown beside it.
    pub trending: bool,
}

/// Navigation, the page, and the column beside it.
pub(super) fn site<V: IntoView>(visit: &Visit, parts: Parts, content: V) -> impl IntoView + use<V> {
    let stranger = visit.me().is_none();
    let aside = if stranger { nav::hello().into_any() } else { nav::keys().into_any() };
    let class = if stranger { "aside greets" } else { "aside" };
    // The search page has its own field.
    let field = (parts.tab != Tab::Search).then(trending::field);
    let panel = matches!(parts.tab, Tab::Home | Tab::Following) || parts.trending;
    let panel = panel.then(|| trending::panel(&visit.cx.server.trending()));
    let foot = stranger.then(|| nav::foot(visit));
    // Visitors who are signed out see the greeting first; members see the trending tags first.
    let (above, below) = if stranger { (None, panel) } else { (panel, None) };
    let aside = view! { <aside class=class aria-label="About">{field}{above}{aside}{below}{foot}</aside> }.into_any();
    // On the home page the greeting comes before the feed for visitors who are signed out; on any other page the
    // content comes first.
    let (first, last) = if stranger && parts.tab == Tab::Home { (Some(aside), None) } else { (None, Some(aside)) };
    let top = top(parts.heading, parts.own_heading, parts.back);
    let foot = stranger.then(|| nav::foot(visit));
    view! {
        <body>
            {skip()}
            <div class="shell">
                {nav::rail(visit, parts.tab)}
                {first}
                <main class="main" id="main" tabindex="-1">
                    {top}
                    {flash(visit)}
                    {content}
                    {foot}
                </main>
                {last}
            </div>
        </body>
    }
}

/// One calm card with the mark.
pub(super) fn card<V: IntoView>(visit: &Visit, content: V) -> impl IntoView + use<V> {
    view! {
        <body class="card-page">
            {skip()}
            <main class="main" id="main" tabindex="-1">
                <a class="brand" href=paths::HOME>{mark()}<span>"Kith"</span></a>
                {flash(visit)}
                <div class="card">{content}</div>
            </main>
            {nav::foot(visit)}
        </body>
    }
}

fn skip() -> impl IntoView {
    view! { <a class="skip" href="#main">"Skip to the page"</a> }
}

fn top(heading: String, own_heading: bool, back: Option<(String, &'static str)>) -> AnyView {
    let lead = match back {
        Some((href, label)) => view! { <a class="back" href=href aria-label=label>{icon(Icon::Back)}</a> }.into_any(),
        None => mark().into_any(),
    };
    let name = if own_heading {
        Either::Left(view! { <p aria-hidden="true">{heading}</p> })
    } else {
        Either::Right(view! { <h1>{heading}</h1> })
    };
    view! { <div class="top">{lead}{name}</div> }.into_any()
}

fn flash(visit: &Visit) -> impl IntoView + use<> {
    visit.flash.as_ref().map(|flash| {
        let class = if matches!(flash.tone(), Tone::Bad) { "flash bad" } else { "flash" };
        view! { <p class=class role="status">{flash.text()}</p> }
    })
}
