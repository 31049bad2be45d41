//! Nothing here yet, and what to do about it.

use leptos::prelude::*;

/// A place where things will be. `then` may offer what to do.
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
