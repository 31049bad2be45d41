//! Icons: one class each. The drawings are masks in `style/icons.css` (from Lucide), so they take the colour of the
//! text beside them, and a page of fifty posts does not repeat a path.

use leptos::prelude::*;

/// All icons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Alert,
    Back,
    Bell,
    Calendar,
    Check,
    Close,
    Desktop,
    Follow,
    Following,
    GitHub,
    Heart,
    Home,
    Key,
    Link,
    Mail,
    Mention,
    More,
    Moon,
    Older,
    Person,
    Phone,
    Place,
    Reply,
    Search,
    Settings,
    SignIn,
    SignOut,
    Sun,
    System,
    Tablet,
    Trash,
    Write,
}

impl Icon {
    fn class(self) -> &'static str {
        match self {
            Self::Alert => "icon icon-alert",
            Self::Back => "icon icon-back",
            Self::Bell => "icon icon-bell",
            Self::Calendar => "icon icon-calendar",
            Self::Check => "icon icon-check",
            Self::Close => "icon icon-close",
            Self::Desktop => "icon icon-desktop",
            Self::Follow => "icon icon-follow",
            Self::Following => "icon icon-following",
            Self::GitHub => "icon icon-github",
            Self::Heart => "icon icon-heart",
            Self::Home => "icon icon-home",
            Self::Key => "icon icon-key",
            Self::Link => "icon icon-link",
            Self::Mail => "icon icon-mail",
            Self::Mention => "icon icon-mention",
            Self::More => "icon icon-more",
            Self::Moon => "icon icon-moon",
            Self::Older => "icon icon-older",
            Self::Person => "icon icon-person",
            Self::Phone => "icon icon-phone",
            Self::Place => "icon icon-place",
            Self::Reply => "icon icon-reply",
            Self::Search => "icon icon-search",
            Self::Settings => "icon icon-settings",
            Self::SignIn => "icon icon-sign-in",
            Self::SignOut => "icon icon-sign-out",
            Self::Sun => "icon icon-sun",
            Self::System => "icon icon-system",
            Self::Tablet => "icon icon-tablet",
            Self::Trash => "icon icon-trash",
            Self::Write => "icon icon-write",
        }
    }
}

/// An icon. Screen readers skip it: a text is beside it, or the control has a label.
pub fn icon(which: Icon) -> impl IntoView + use<> {
    view! { <i class=which.class() aria-hidden="true"></i> }
}
