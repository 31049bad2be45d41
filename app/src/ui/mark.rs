//! The mark of Kith.

use leptos::prelude::*;

/// The mark: a person by the door, and a K.
pub fn mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="9" fill="#fbb62d" />
            <g fill="#2f1a2b">
                <rect x="6" y="5.5" width="6.5" height="21" rx="3.25" />
                <circle cx="20.6" cy="10.5" r="5" />
                <path d="M15 25.3v-6.1c0-1 .8-1.8 1.8-1.7 5.1.4 8.9 3.5 9.4 7.6.1.8-.5 1.4-1.2 1.4h-8.8c-.7 0-1.2-.5-1.2-1.2z" />
            </g>
        </svg>
    }
}
