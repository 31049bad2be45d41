//! A conversation around a post: the posts it answers above it, the replies to it as a tree below. Omitted posts are
//! behind a plain link to the page of the post they belong to.

use leptos::{prelude::*, tachys::view::any_view::AnyView};
use server::{
    base::id::PostId,
    social::posts::thread::{Branch, Chain, Place, Replies, ThreadEntry},
};
use time::OffsetDateTime;

use crate::{
    count, paths,
    ui::{
        self,
        post_card::{Viewer, card},
    },
};

/// The posts that a post answers, from the top down.
pub fn above(chain: &Chain, viewer: Viewer, now: OffsetDateTime) -> impl IntoView + use<> {
    let earlier = chain.earlier.filter(|_| !chain.above.is_empty());
    let earlier = earlier.map(|id| further(paths::post_at(id), "Earlier in this conversation".to_owned()));
    let places = chain.above.iter().map(|above| place(above, viewer, now)).collect_view();
    (!chain.above.is_empty()).then(|| view! { <div class="above">{earlier}{places}</div> })
}

/// One page of the replies, and the link to the next.
pub fn items(id: PostId, replies: &Replies, viewer: Viewer, now: OffsetDateTime) -> impl IntoView + use<> {
    let branches = replies.branches.iter().map(|one| branch(one, viewer, now)).collect_view();
    let more = replies.next.map(|last| ui::pager::more(format!("{}?after={last}", paths::post(id))));
    view! { {branches}{more} }
}

/// A thin line in place of a post that cannot be read, so that its replies have a place below it.
pub fn gone(id: PostId, stands: &ThreadEntry) -> impl IntoView + use<> {
    let words = if matches!(stands, ThreadEntry::Hidden) { "This post is hidden." } else { "This post was deleted." };
    view! { <p class="gone" id=format!("p{id}")>{words}</p> }
}

fn place(place: &Place, viewer: Viewer, now: OffsetDateTime) -> AnyView {
    match &place.stands {
        ThreadEntry::Post(post) => card(post, &viewer, now).into_any(),
        stands => gone(place.id, stands).into_any(),
    }
}

fn branch(branch: &Branch, viewer: Viewer, now: OffsetDateTime) -> AnyView {
    let here = place(&branch.place, viewer, now);
    if branch.below.is_empty() && !branch.more {
        return here;
    }
    let below = branch.below.iter().map(|one| self::branch(one, viewer, now)).collect_view();
    let more = branch.more.then(|| further(paths::post_at(branch.place.id), words(branch)));
    view! { {here}<div class="branch">{below}{more}</div> }.into_any()
}

/// The label of the link: the number of readable replies that are not shown, or the rest of this conversation. It is
/// not a post's count, which includes the replies of suspended users.
fn words(branch: &Branch) -> String {
    let shown = branch.below.iter().filter(|below| below.place.post().is_some()).count() as i64;
    match branch.place.readable.map(|readable| readable - shown) {
        _ if branch.below.is_empty() => "Continue this conversation".to_owned(),
        None => "More replies".to_owned(),
        Some(left) if left > 0 => count::of(left, "more reply", "more replies"),
        Some(_) => "Continue this conversation".to_owned(),
    }
}

fn further(href: String, words: String) -> impl IntoView {
    view! { <a class="further" href=href>{words}</a> }
}
