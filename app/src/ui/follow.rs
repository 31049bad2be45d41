//! The follow button, wherever it is used.

use leptos::{prelude::*, tachys::view::any_view::AnyView};

use crate::paths;

/// A follow button inside a form that carries `next`.
pub struct FollowButton<'a> {
    pub username: &'a str,
    /// True if the viewer follows them already.
    pub followed: bool,
    /// The label while they are not followed: "Follow" or "Follow back".
    pub verb: &'static str,
    pub class: &'static str,
}

impl<'a> FollowButton<'a> {
    /// Creates the small button at the end of a line.
    pub fn slim(username: &'a str, followed: bool) -> Self {
        Self { username, followed, verb: "Follow", class: "button slim follow" }
    }

    /// The button as markup. Its accessible name never changes: `aria-pressed` says whether the viewer follows.
    pub fn view(self) -> AnyView {
        let Self { username, followed, verb, class } = self;
        let (words, pressed, value) = if followed { ("Following", "true", "false") } else { (verb, "false", "true") };
        view! {
            <button
                class=class
                name="follow"
                value=value
                formaction=paths::follow(username)
                aria-pressed=pressed
                aria-label=format!("{verb} @{username}")
            >
                {words}
            </button>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::render;

    #[test]
    fn follow_button_label_is_the_same_in_both_states() {
        for verb in ["Follow", "Follow back"] {
            for (followed, pressed, words) in [(false, "false", verb), (true, "true", "Following")] {
                let html = render(|| FollowButton { verb, ..FollowButton::slim("ada", followed) }.view());
                let name = format!("aria-label=\"{verb} @ada\"");
                assert!(html.contains(&name) && html.contains(&format!("aria-pressed=\"{pressed}\"")), "{html}");
                assert!(html.contains(&format!(">{words}</button>")), "{html}");
            }
        }
    }
}
