//! The link to older posts: a plain link. The island around the list follows it in place.

use leptos::prelude::*;

/// The link at the end of a list, or the text that this is the end. The empty line is for a failure message.
pub fn older(href: Option<String>) -> impl IntoView + use<> {
    match href {
        Some(href) => view! {
            <div class="pager">
                <p role="status"></p>
                <a class="button" href=href rel="next">"Older posts"</a>
            </div>
        }
        .into_any(),
        None => view! { <p class="end-of-list">"That’s everything."</p> }.into_any(),
    }
}

/// The link to older entries of a list without an island.
pub fn earlier(href: String) -> impl IntoView + use<> {
    view! { <div class="pager"><a class="button" href=href rel="next">"Older"</a></div> }
}

/// The link at the end of a search that reached its limit: older posts have not been searched.
pub fn further(href: String) -> impl IntoView + use<> {
    view! {
        <div class="pager">
            <p role="status">"That is how far we looked."</p>
            <a class="button" href=href rel="next">"Look further back"</a>
        </div>
    }
}

/// The link to the next entries of a list that is not ordered by time.
pub fn more_of(label: &'static str, href: String) -> impl IntoView + use<> {
    view! {
        <div class="pager">
            <p role="status"></p>
            <a class="button" href=href rel="next">{label}</a>
        </div>
    }
}

/// The link at the end of a list of users, as one more of its lines.
pub fn more_people(href: String) -> impl IntoView + use<> {
    view! {
        <li class="pager">
            <p role="status"></p>
            <a class="button" href=href rel="next">"More people"</a>
        </li>
    }
}

/// The link to the next replies of a list that is read from its beginning.
pub fn more(href: String) -> impl IntoView + use<> {
    more_of("More replies", href)
}
