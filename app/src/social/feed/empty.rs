//! Feeds with nothing in them.

use leptos::prelude::*;
use server::identity::users::UserSummary;

use crate::{
    islands::PostList,
    paths,
    ui::{Weight, button_link, empty::empty, hidden, people::people},
};

/// The first visit to a new Kith.
pub(super) fn nobody_wrote(member: bool) -> impl IntoView {
    let (words, way) = if member {
        ("Be the first: say what you are up to.", None)
    } else {
        ("There are no posts yet. You could write the first.", Some(()))
    };
    let way = way.map(|()| button_link("Sign up", paths::SIGN_UP, Weight::Primary));
    view! { <section class="sheet">{empty("Quiet in here", words, way)}</section> }
}

/// The feed of a user who follows no users, with suggestions.
pub(super) fn follows_nobody(suggestions: &[UserSummary]) -> impl IntoView + use<> {
    let people = people(suggestions);
    let list = view! { <form method="post">{hidden("next", paths::FOLLOWING)}{people}</form><PostList /> };
    view! {
        <section class="sheet">
            {empty("Find people to follow", "Posts by people you follow appear here, newest first. Many people read these:", list)}
        </section>
    }
}
