//! Buttons, and links that look like them.

use leptos::{prelude::*, tachys::view::any_view::AnyView};

/// How a button looks, and by that how much it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The one thing the page is for.
    Primary,
    /// Something else one may do.
    Quiet,
    /// Ends or removes something.
    Danger,
}

/// The button a form is for. Fills the width of a card.
pub fn submit(label: impl Into<String>) -> AnyView {
    let label = label.into();
    view! { <button class="button primary" type="submit">{label}</button> }.into_any()
}

/// A submit button of any weight.
pub fn button(label: impl Into<String>, weight: Weight) -> AnyView {
    let (label, class) = (label.into(), class_of(weight));
    view! { <button class=class type="submit">{label}</button> }.into_any()
}

/// A link that looks like a button.
pub fn button_link(label: impl Into<String>, href: impl Into<String>, weight: Weight) -> AnyView {
    let (label, href, class) = (label.into(), href.into(), class_of(weight));
    view! { <a class=class href=href>{label}</a> }.into_any()
}

fn class_of(weight: Weight) -> &'static str {
    match weight {
        Weight::Primary => "button primary",
        Weight::Quiet => "button",
        Weight::Danger => "button danger",
    }
}
