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
            <section class="note lively">
                <h2><a href=paths::LIVELY>"Lively this week"</a></h2>
                <ul>{lines}</ul>
            </section>
        }
    })
}

/// All trending tags, on their own page. Nothing if no tag is trending.
pub fn all(trending: &[TrendingTag]) -> impl IntoView + use<> {
    let lines = trending.iter().map(line).collect_view();
    (!trending.is_empty()).then(|| view! { <section class="sheet found lively"><ul>{lines}</ul></section> })
}

/// All trending tags, on another page. Nothing if no tag is trending.
pub fn sheet(trending: &[TrendingTag]) -> impl IntoView + use<> {
    let lines = trending.iter().map(line).collect_view();
    (!trending.is_empty()).then(|| {
        view! { <section class="sheet found lively"><h2>"Lively this week"</h2><ul>{lines}</ul></section> }
    })
}

fn line(one: &TrendingTag) -> impl IntoView + use<> {
    let people = count::of(one.people, "person", "people");
    view! { <li><a href=paths::tag(&one.tag)><b dir="auto">{format!("#{}", one.tag)}</b><small>{people}</small></a></li> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{render, xss};

    #[test]
    fn nothing_in_a_tag_becomes_markup() {
        for text in xss::CORPUS {
            let one = TrendingTag { tag: (*text).to_owned(), people: 2, posts: 3 };
            xss::assert_harmless(&render(|| view! { {panel(std::slice::from_ref(&one))}{sheet(&[one])} }));
        }
    }
}
