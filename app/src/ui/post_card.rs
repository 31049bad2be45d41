//! A post in a list. Fifty of these make a page, so each is lean: it repeats no form, icon or label that the form
//! around the list or the style sheet can state once.

use leptos::{either::Either, prelude::*};
use server::{identity::sessions::request::Member, social::posts::Post};
use time::OffsetDateTime;

use crate::{
    count, paths,
    ui::{Size, avatar, prose, when},
};

/// Longer texts are folded until the user opens them.
const LONG_CHARS: usize = 480;
const LONG_LINES: usize = 9;

/// The kind of viewer that a card is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Likes with a button of the form around the list.
    Member,
    /// Is sent to the sign-in page.
    Stranger,
}

impl Viewer {
    /// Returns the kind of a visitor who is signed in as `me`, or signed out.
    pub fn of(me: Option<&Member>) -> Self {
        if me.is_some() { Self::Member } else { Self::Stranger }
    }
}

/// One post in a list. A reply's page opens at the reply, below what it answers.
pub fn card(post: &Post, viewer: &Viewer, now: OffsetDateTime) -> impl IntoView + use<> {
    let (href, answer) = match (post.parent, viewer) {
        (None, _) => (paths::post(post.id), paths::post(post.id)),
        (_, Viewer::Member) => (paths::post_at(post.id), paths::answer(post.id)),
        (_, Viewer::Stranger) => (paths::post_at(post.id), paths::post_at(post.id)),
    };
    let replies = replies(post, answer);
    view! {
        <article class="post" id=anchor(post)>
            <div class="by">
                {author(post)}
                {edited(post)}
                <a class="when" href=href>{when(post.created_at, now)}</a>
            </div>
            {text(post)}
            <div class="acts">{like(post, viewer)}{replies}</div>
        </article>
    }
}

/// The note that the post was edited, as a link to its history.
pub fn edited(post: &Post) -> impl IntoView + use<> {
    post.edited_at.map(|_| view! { <a class="edited" href=paths::history(post.id)>"edited"</a> })
}

/// The id of a post's element, so that a link can lead back to it.
pub fn anchor(post: &Post) -> String {
    format!("p{}", post.id)
}

/// Avatar, name and username: one link.
pub fn author(post: &Post) -> impl IntoView + use<> {
    let author = &post.author;
    view! {
        <a href=paths::profile(&author.username)>
            {avatar(author, Size::Post)}<b>{author.name().to_owned()}</b><span>{format!("@{}", author.username)}</span>
        </a>
    }
}

/// The text, folded if it is long. All of it is in the page, for search in the page and for screen readers.
pub fn text(post: &Post) -> impl IntoView + use<> {
    let body = &post.body;
    let long = body.chars().nth(LONG_CHARS).is_some() || body.lines().nth(LONG_LINES).is_some();
    let more = long.then(|| view! { <details class="more"><summary>"Read on"</summary></details> });
    view! { {prose(post.html.clone(), "text")}{more} }
}

/// The like button and its count. The name of the button never changes: `aria-pressed` says whether the viewer likes
/// the post, and the count is its description.
pub fn like(post: &Post, viewer: &Viewer) -> impl IntoView + use<> {
    let likes = count::of(post.like_count, "like", "likes");
    let kind = if post.parent.is_some() { "reply" } else { "post" };
    let what = format!("{}’s {kind}", post.author.name());
    let shown = shown(post.like_count);
    match viewer {
        Viewer::Member => {
            let (pressed, value) = if post.liked { ("true", "false") } else { ("false", "true") };
            Either::Left(view! {
                <button
                    class="like"
                    name="like"
                    value=value
                    formaction=paths::like(post.id)
                    aria-pressed=pressed
                    aria-label=format!("Like {what}")
                    aria-description=likes
                >
                    {shown}
                </button>
            })
        }
        Viewer::Stranger => {
            let href = format!("{}?next={}", paths::SIGN_IN, paths::post(post.id));
            let label = format!("Sign in to like {what}");
            Either::Right(view! { <a class="like" href=href aria-label=label aria-description=likes>{shown}</a> })
        }
    }
}

/// The link to the replies, with their count.
pub fn replies(post: &Post, href: String) -> impl IntoView + use<> {
    let label = count::of(post.reply_count, "reply", "replies");
    view! { <a class="replies" href=href aria-label=label>{shown(post.reply_count)}</a> }
}

/// Shows no figure for zero.
fn shown(n: i64) -> String {
    if n > 0 { count::short(n) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{render, xss};

    #[test]
    fn escapes_post_text_and_author_names() {
        for text in xss::CORPUS {
            let post = xss::attack(text);
            for viewer in [Viewer::Member, Viewer::Stranger] {
                xss::assert_harmless(&render(|| card(&post, &viewer, post.created_at)));
            }
        }
    }

    #[test]
    fn folds_only_long_post_texts() {
        let mut post = xss::attack("short");
        assert!(!render(|| text(&post)).contains("<details"));
        post.body = "a line\n".repeat(10);
        assert!(render(|| text(&post)).contains("<details"));
        post.body = "word ".repeat(100);
        assert!(render(|| text(&post)).contains("<details"));
    }

    #[test]
    fn like_button_of_a_liked_post_removes_the_like() {
        let mut post = xss::attack("hello");
        post.liked = true;
        let html = render(|| like(&post, &Viewer::Member));
        assert!(html.contains("aria-pressed=\"true\"") && html.contains("value=\"false\""), "{html}");
    }

    #[test]
    fn like_label_is_constant_and_count_is_its_description() {
        let mut post = xss::attack("hello");
        post.author.display_name = "Ada".to_owned();
        for (liked, likes, count) in [(false, 0, "0 likes"), (true, 1, "1 like"), (false, 1_204, "1,204 likes")] {
            (post.liked, post.like_count) = (liked, likes);
            let button = render(|| like(&post, &Viewer::Member));
            let link = render(|| like(&post, &Viewer::Stranger));
            assert!(button.contains("aria-label=\"Like Ada’s post\""), "{button}");
            assert!(link.contains("aria-label=\"Sign in to like Ada’s post\""), "{link}");
            for html in [button, link] {
                assert!(html.contains(&format!("aria-description=\"{count}\"")), "{html}");
            }
        }
        post.parent = Some(post.id);
        assert!(render(|| like(&post, &Viewer::Member)).contains("Like Ada’s reply"));
    }
}
