//! Avatars.

use leptos::prelude::*;
use server::identity::{avatars, users::UserSummary};

use crate::paths;

/// The size of an avatar on the page. The sizes are in the markup, so that nothing moves when the picture loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Beside a post.
    Post = 44,
    /// On a profile.
    Portrait = 96,
    /// In the navigation.
    Tab = 24,
}

/// The avatar of a user. Screen readers skip it: the name is beside it.
pub fn avatar(person: &UserSummary, size: Size) -> impl IntoView + use<> {
    let px = size as u8;
    view! {
        <img class="avatar" src=source(person, size) alt="" width=px height=px loading="lazy" decoding="async" />
    }
}

/// As [`avatar`], but not lazy: for avatars that are surely on the first screen.
pub fn avatar_now(person: &UserSummary, size: Size) -> impl IntoView + use<> {
    let px = size as u8;
    view! { <img class="avatar" src=source(person, size) alt="" width=px height=px decoding="async" /> }
}

/// Returns the URL of the picture: in the size at which it is shown, doubled for high-resolution screens.
pub fn source(person: &UserSummary, size: Size) -> String {
    let kept = match size {
        Size::Post | Size::Tab => avatars::Size::Small,
        Size::Portrait => avatars::Size::Large,
    };
    paths::avatar(&person.avatar_file(kept))
}
