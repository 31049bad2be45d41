//! Text with markup: the text of a user, as [`server::social::markup`] rendered it. Besides the text area this is the only
//! place that puts HTML on a page unescaped.

use leptos::prelude::*;

/// Rendered text in an element of its own.
pub fn prose(html: String, class: &'static str) -> impl IntoView {
    view! { <div class=class dir="auto" inner_html=html></div> }
}
