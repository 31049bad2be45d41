//! The trending tags of this week, and the search field: beside a page on a wide screen, pages of their own on a phone.

use leptos::prelude::*;
use server::social::trending::TrendingTag;

use super::icon::{Icon, icon};
use crate::{count, paths};

/// The number of tags beside a page.
const BESIDE: usize = 5;

/// The search field on top of the column beside a page.
pub(crate) fn field() -> impl IntoView {
    view! {
        <form class="seek" role="search" action=paths::SEARCH>
            {icon(Icon::Search)}
            <input type="search" name="q" dir="auto" aria-label="Search" placeholder="Search" />
        </form>
    }
}

/// The tags beside a page. Nothing if no tag is trending.
pub(crate) fn panel(trending: &[TrendingTag]) -> impl IntoView + use<> {
    let lines = trending.iter().take(BESIDE).map(line).collect_view();
    (!trending.is_empty()).then(|| {
        view! {
            <section class="note trending">
                <h2><a href=paths::TRENDING>"Trending this week"</a></h2>
                <ul>{lines}</ul>
            </section>
        }
    })
}

/// All trending tags, on their own page. Nothing if no tag is trending.
pub fn all(trending: &[TrendingTag]) -> impl IntoView + use<> {
    let lines = trending.iter().map(line).collect_view();
    (!trending.is_empty()).then(|| view! { <section class="sheet found trending"><ul>{lines}</ul></section> })
}

/// All trending tags, on another page. Nothing if no tag is trending.
pub fn sheet(trending: &[TrendingTag]) -> impl IntoView + use<> {
    let lines = trending.iter().map(line).collect_view();
    (!trending.is_empty()).then(|| {
        view! { <section class="sheet found trending"><h2>"Trending this week"</h2><ul>{lines}</ul></section> }
    })
}

fn line(one: &TrendingTag) -> impl IntoView + use<> {
    let people = count::of(one.users, "person", "people");
    view! { <li><a href=paths::tag(&one.tag)><b dir="auto">{format!("#{}", one.tag)}</b><small>{people}</small></a></li> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{render, xss};

    #[test]
    fn escapes_trending_tags() {
        for text in xss::CORPUS {
            let one = TrendingTag { tag: (*text).to_owned(), users: 2, posts: 3 };
            xss::assert_harmless(&render(|| view! { {panel(std::slice::from_ref(&one))}{sheet(&[one])} }));
        }
    }
}
