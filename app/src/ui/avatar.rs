//! Faces.

use leptos::prelude::*;
use server::{avatars, profiles::Author};

use crate::paths;

/// How large a face is shown. The sizes are in the markup, so that nothing moves when it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Beside a post.
    Post = 44,
    /// On a profile.
    Portrait = 96,
    /// In the navigation.
    Tab = 24,
}

/// The picture of a person. It says nothing to those who cannot see it: the name stands beside it.
pub fn avatar(person: &Author, size: Size) -> impl IntoView + use<> {
    let px = size as u8;
    view! {
        <img class="avatar" src=source(person, size) alt="" width=px height=px loading="lazy" decoding="async" />
    }
}

/// As [`avatar`], but not lazy: for what is surely on the first screen.
pub fn avatar_now(person: &Author, size: Size) -> impl IntoView + use<> {
    let px = size as u8;
    view! { <img class="avatar" src=source(person, size) alt="" width=px height=px decoding="async" /> }
}

/// Where the picture is: as large as it is shown, twice over for fine screens.
pub fn source(person: &Author, size: Size) -> String {
    let kept = match size {
        Size::Post | Size::Tab => avatars::Size::Small,
        Size::Portrait => avatars::Size::Large,
    };
    paths::avatar(&person.avatar_file(kept))
}
