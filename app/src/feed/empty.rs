//! Feeds with nothing in them.

use leptos::prelude::*;
use server::profiles::Author;

use crate::{
    islands::PostList,
    paths,
    ui::{Weight, button_link, empty::empty, hidden, people::people},
};

/// The first visit to a new Kith.
pub(super) fn nobody_wrote(member: bool) -> impl IntoView {
    let (words, way) = if member {
        ("Somebody has to begin. Say what you are up to.", None)
    } else {
        ("Nobody has written anything yet. You could be the first.", Some(()))
    };
    let way = way.map(|()| button_link("Sign up", paths::SIGN_UP, Weight::Primary));
    view! { <section class="sheet">{empty("Quiet in here", words, way)}</section> }
}

/// The feed of a user who follows no users, with suggestions.
pub(super) fn follows_nobody(suggestions: &[Author]) -> impl IntoView + use<> {
    let people = people(suggestions);
    let list = view! { <form method="post">{hidden("next", paths::FOLLOWING)}{people}</form><PostList /> };
    view! {
        <section class="sheet">
            {empty("Whom do you know?", "What the people you follow write will stand here, newest first. These are read by many:", list)}
        </section>
    }
}
