//! The search field, the kinds of results, and the text if there are none.

use leptos::prelude::*;
use server::{base::error::Invalid, social::search::Query};

use crate::{
    page::visit::Visit,
    paths,
    ui::{Icon, empty::empty, error_summary, icon, trending},
};

/// The kind of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResultKind {
    All,
    Posts,
    People,
    Tags,
}

impl ResultKind {
    const EACH: [Self; 4] = [Self::All, Self::Posts, Self::People, Self::Tags];

    fn name(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Posts => "Posts",
            Self::People => "People",
            Self::Tags => "Tags",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::All => paths::SEARCH,
            Self::Posts => paths::SEARCH_POSTS,
            Self::People => paths::SEARCH_PEOPLE,
            Self::Tags => paths::SEARCH_TAGS,
        }
    }
}

/// The form. The field has the focus only if the page has nothing else to read.
pub(super) fn form(kind: ResultKind, typed: &str, invalid: &Invalid) -> impl IntoView + use<> {
    let wrong = (!invalid.is_empty()).then_some("true");
    let idle = typed.is_empty();
    let typed = typed.to_owned();
    view! {
        <div class="looking">
            {error_summary(invalid)}
            <form role="search" action=kind.path()>
                <span class="seek">
                    {icon(Icon::Search)}
                    // The browser does not cut off a query that is too long: an error tells the user who pasted it.
                    <input
                        id="q"
                        type="search"
                        name="q"
                        dir="auto"
                        value=typed
                        aria-label="Search"
                        placeholder="People, posts, #tags"
                        autocomplete="off"
                        autocapitalize="none"
                        enterkeyhint="search"
                        autofocus=idle
                        aria-invalid=wrong
                    />
                </span>
                <button class="button primary">"Search"</button>
            </form>
        </div>
    }
}

/// Links to the same search for one kind of results, or all.
pub(super) fn kinds(here: ResultKind, typed: &str, invalid: &Invalid) -> impl IntoView + use<> {
    (!typed.is_empty() && invalid.is_empty()).then(|| {
        let kinds = ResultKind::EACH
            .map(|kind| {
                let current = (kind == here).then_some("page");
                view! { <li><a href=paths::searched(kind.path(), typed) aria-current=current>{kind.name()}</a></li> }
            })
            .collect_view();
        view! { <nav class="settings-nav" aria-label="What to find"><ul>{kinds}</ul></nav> }
    })
}

/// Shown before a search: an explanation, and the trending tags.
pub(super) fn idle(visit: &Visit) -> impl IntoView + use<> {
    view! {
        <section class="sheet">
            <div class="state">
                <h2>"What are you looking for?"</h2>
                <p>"A name or its beginning, words that a post must contain, or a tag: #bread."</p>
                // No line may break after the sign.
                <p>
                    "“Slow oven” in quotes finds the words as they stand; "<span class="whole">"-white"</span>
                    " leaves out posts that have it."
                </p>
            </div>
        </section>
        {trending::sheet(&visit.cx.server.trending())}
    }
}

/// The text for a query without anything that can be found.
pub(super) fn no_words(query: &Query) -> impl IntoView + use<> {
    let words = if query.only_refuses() {
        "That only says what should not be there. Add a word that should."
    } else {
        "That has no letters or figures in it. Type a name, a word or a #tag."
    };
    view! { <section class="sheet">{empty("Nothing to look for", words, ())}</section> }
}

/// The text for a search without results: advice that fits the query, and a link to a wider search if there is one.
pub(super) fn nothing(kind: ResultKind, query: &Query) -> impl IntoView + use<> {
    let words = if query.text().contains(' ') {
        "Everything you typed has to be there. Fewer words find more."
    } else {
        "Check the spelling, or try another word for it. Part of a name is enough if it is how the name begins."
    };
    let wider = query.wider().map(|wider| {
        let advice = match (query.has_phrase(), query.excludes()) {
            (true, false) => "Words in quotes are found only exactly as they stand.",
            (false, _) => "Posts with a word after a minus are left out.",
            (true, true) => "Words in quotes are found only exactly as they stand, and posts with a word after a minus are left out.",
        };
        view! {
            <p>{advice}</p>
            <p><a class="button" href=paths::searched(kind.path(), &wider)>"Search for " <bdi>{wider.clone()}</bdi></a></p>
        }
    });
    view! { <section class="sheet">{empty("Nothing found", words, wider)}</section> }
}
