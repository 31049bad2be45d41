//! Buttons, and links that look like them.

use leptos::{prelude::*, tachys::view::any_view::AnyView};

/// The look of a button, which shows how important it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The main action of the page.
    Primary,
    /// A secondary action.
    Quiet,
    /// Deletes or removes something.
    Danger,
}

/// The main button of a form. Fills the width of a card.
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
