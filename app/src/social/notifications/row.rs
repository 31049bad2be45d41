//! One row: the users, their action, and the beginning of the text. The whole row is a link to it; the buttons lie
//! above that link.

use leptos::{prelude::*, tachys::view::any_view::AnyView};
use server::{
    base::{id::UserId, text},
    identity::users::UserSummary,
    social::notifications::{Notification, NotificationKind},
};
use time::OffsetDateTime;

use crate::{
    count,
    page::form_user,
    paths,
    ui::{FollowButton, Icon, Size, avatar, icon, when},
};

/// The most characters of an excerpt.
const EXCERPT: usize = 200;

/// One row of the list.
pub(super) fn row(told: &Notification, me: UserId, now: OffsetDateTime) -> impl IntoView + use<> {
    let (class, sign) = match told.kind {
        NotificationKind::Reply => ("notification reply", Icon::Reply),
        NotificationKind::Mention => ("notification mention", Icon::Mention),
        NotificationKind::Follow => ("notification follow-row", Icon::Following),
        NotificationKind::Like => ("notification liked", Icon::Heart),
    };
    let faces = told.actors.iter().map(|person| avatar(person, Size::Post)).collect_view();
    let unread = told.unread.then(|| view! { <span class="seen-never">"Unread. "</span> });
    // A browser that supports `ping` reports that the row was followed: this marks it as read.
    let ping = told.unread.then(|| format!("{}?{}={me}", paths::notification_read(told.id), form_user::FIELD));
    let acts = acts(told);
    view! {
        <li class=class data-unread=told.unread.then_some("")>
            <span class="notification-icon">{icon(sign)}</span>
            <span class="notification-avatars">{faces}</span>
            <p class="notification-title">
                {unread}<a href=leads_to(told) ping=ping>{names(told)}" "{deed(told.kind)}</a>" "{when(told.at, now)}
            </p>
            {excerpt(told)}
            {acts}
        </li>
    }
}

fn leads_to(told: &Notification) -> String {
    match (told.post, told.actors.first()) {
        (Some(post), _) => paths::post(post),
        (None, Some(person)) => paths::profile(&person.username),
        (None, None) => paths::NOTIFICATIONS.to_owned(),
    }
}

/// `Ada`, `Ada and Alan`, `Ada and 4 others`.
fn names(told: &Notification) -> impl IntoView + use<> {
    let name = |person: &UserSummary| view! { <b><bdi>{person.name().to_owned()}</bdi></b> };
    let first = told.actors.first().map(name);
    let second = told.actors.get(1).filter(|_| told.count == 2).map(|second| view! { " and "{name(second)} });
    let others = (told.count > 2).then(|| format!(" and {}", count::of(told.count - 1, "other", "others")));
    view! { {first}{second}{others} }
}

fn deed(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::Reply => "replied to you",
        NotificationKind::Mention => "mentioned you",
        NotificationKind::Follow => "follows you",
        NotificationKind::Like => "liked your post",
    }
}

fn excerpt(told: &Notification) -> impl IntoView + use<> {
    let cut = text::excerpt(&told.excerpt, EXCERPT);
    let (names, rest) = leading_names(&cut);
    // A name at the beginning does not show in which direction the rest is read.
    let names = (!names.is_empty()).then(|| view! { <bdi>{names.to_owned()}</bdi> });
    (!cut.is_empty()).then(|| view! { <p class="notification-excerpt" dir="auto">{names}{rest.to_owned()}</p> })
}

/// Returns the names that a text begins with, and the rest of it.
fn leading_names(text: &str) -> (&str, &str) {
    let names = text.split_inclusive(' ').take_while(|word| word.starts_with(['@', '＠'])).map(str::len).sum();
    text.split_at(names)
}

/// The buttons to follow back and to mark as read.
fn acts(told: &Notification) -> AnyView {
    let back = told.actors.first().filter(|_| told.kind == NotificationKind::Follow).map(|person| {
        FollowButton { verb: "Follow back", ..FollowButton::slim(&person.username, told.followed) }.view()
    });
    let read = told.unread.then(|| {
        let label = format!("Mark as read: {} {}", told.actors.first().map_or("", UserSummary::name), deed(told.kind));
        view! {
            <button class="mark-read" formaction=paths::notification_read(told.id) aria-label=label title="Mark as read">
                {icon(Icon::Check)}
            </button>
        }
    });
    view! { {back}{read} }.into_any()
}

#[cfg(test)]
mod tests {
    use server::base::id::PostId;

    use super::*;
    use crate::ui::{render, xss};

    fn told(kind: NotificationKind, names: &[&str], count: i64) -> Notification {
        let actors = names.iter().map(|name| {
            let mut author = xss::attack("x").author;
            (*name).clone_into(&mut author.display_name);
            author
        });
        Notification {
            id: 7,
            kind,
            post: Some(PostId(5)).filter(|_| kind != NotificationKind::Follow),
            excerpt: "hello".to_owned(),
            actors: actors.collect(),
            count,
            at: OffsetDateTime::UNIX_EPOCH,
            unread: true,
            followed: false,
        }
    }

    #[test]
    fn escapes_names_and_excerpts_in_notifications() {
        for text in xss::CORPUS {
            for kind in NotificationKind::ALL {
                let mut told = told(kind, &[text, text], 2);
                (*text).clone_into(&mut told.excerpt);
                xss::assert_harmless(&render(|| row(&told, UserId(1), told.at)));
            }
        }
    }

    #[test]
    fn splits_leading_mentions_from_the_text() {
        assert_eq!(leading_names("@grace @ada سلام @alan"), ("@grace @ada ", "سلام @alan"));
        assert_eq!(leading_names("hello @grace"), ("", "hello @grace"));
        assert_eq!(leading_names("@grace"), ("@grace", ""));
    }

    #[test]
    fn summarises_one_two_or_many_names() {
        let text = |names: &[&str], count| {
            let html = render(|| names_of(names, count));
            html.replace("<b>", "").replace("</b>", "").replace("<bdi>", "").replace("</bdi>", "").replace("<!>", "")
        };
        assert_eq!(text(&["Ada"], 1), "Ada");
        assert_eq!(text(&["Ada", "Alan"], 2), "Ada and Alan");
        assert_eq!(text(&["Ada", "Alan", "Grace"], 3), "Ada and 2 others");
        assert_eq!(text(&["Ada", "Alan", "Grace"], 1_205), "Ada and 1,204 others");
    }

    fn names_of(list: &[&str], count: i64) -> impl IntoView + use<> {
        names(&told(NotificationKind::Like, list, count))
    }

    #[test]
    fn only_unread_notifications_send_a_read_ping() {
        let mut told = told(NotificationKind::Reply, &["Ada"], 1);
        let html = render(|| row(&told, UserId(1), told.at));
        assert!(html.contains("ping=\"/notifications/7/read?for_user=1\"") && html.contains("Unread."), "{html}");
        told.unread = false;
        let html = render(|| row(&told, UserId(1), told.at));
        assert!(!html.contains("ping") && !html.contains("Unread.") && !html.contains("mark-read"), "{html}");
    }
}
