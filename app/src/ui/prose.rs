//! Words with markup: what somebody wrote, as [`server::markup`] rendered it. Beside the text area this is the only
//! place where HTML is put on a page as it is.

use leptos::prelude::*;

/// Rendered words in an element of their own.
pub fn prose(html: String, class: &'static str) -> impl IntoView {
    view! { <div class=class dir="auto" inner_html=html></div> }
}
