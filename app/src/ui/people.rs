//! Suggested users, as a short list.

use leptos::prelude::*;
use server::identity::users::UserSummary;

use super::{
    avatar::{Size, avatar},
    follow::FollowButton,
};
use crate::paths;

/// One line for each user, with a plain follow button. Used inside a form that carries `next`.
pub fn people(list: &[UserSummary]) -> impl IntoView + use<> {
    let lines = list.iter().map(line).collect_view();
    view! { <ul class="people">{lines}</ul> }
}

fn line(person: &UserSummary) -> impl IntoView + use<> {
    let name = person.name().to_owned();
    let handle = format!("@{}", person.username);
    view! {
        <li>
            {avatar(person, Size::Post)}
            <a href=paths::profile(&person.username)><b>{name}</b><small>{handle}</small></a>
            {FollowButton::slim(&person.username, false).view()}
        </li>
    }
}
