//! Empty lists: a text, and a suggestion.

use leptos::prelude::*;

/// An empty list. `then` may suggest an action.
pub fn empty(title: &'static str, words: impl Into<String>, then: impl IntoView + 'static) -> impl IntoView {
    let words = words.into();
    view! {
        <div class="state">
            <h2>{title}</h2>
            <p>{words}</p>
            {then}
        </div>
    }
}
