//! Texts of attackers, for tests that render them through every view that shows users' text.

use server::{
    base::id::{PostId, UserId},
    identity::users::UserSummary,
    social::posts::Post,
};
use time::macros::datetime;

/// Texts that break out of their place if a view does not escape them.
pub const CORPUS: &[&str] = &[
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" autofocus onfocus=\"alert(1)",
    "<svg/onload=alert(1)>",
    "--><script>alert(1)</script><!--",
    "]]><script>alert(1)</script>",
    "<a href=javascript:alert(1)>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\n</textarea>\n<script>alert(1)</script>",
    "</leptos-island><script>alert(1)</script>",
    "{{constructor.constructor('alert(1)')()}}",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<style>@import'//evil.example'</style>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
];

/// Asserts that nothing of the corpus is markup in `html`: no element and no attribute came of it.
pub fn assert_harmless(html: &str) {
    let lower = html.to_ascii_lowercase();
    for element in ["<script>", "<img src=x", "<svg/onload", "<iframe", "<style", "<noscript", "<a href=javascript"] {
        assert!(!lower.contains(element), "{element} in {html}");
    }
    // An attribute can only begin after a quoted value or after white space inside a tag.
    for tag in tags(&lower) {
        let outside = outside_quotes(tag);
        assert!(!outside.contains("onfocus") && !outside.contains("onmouseover"), "{tag} in {html}");
        assert!(!outside.contains("onerror") && !outside.contains("style="), "{tag} in {html}");
    }
}

/// Returns an attacker.
pub fn attacker(text: &str) -> UserSummary {
    UserSummary { id: UserId(1), username: "mallory".to_owned(), display_name: text.to_owned(), avatar: None }
}

/// Returns the attacker's post.
pub fn attack(text: &str) -> Post {
    Post {
        id: PostId(1),
        author: attacker(text),
        parent: None,
        html: server::social::markup::html(text),
        body: text.to_owned(),
        created_at: datetime!(2026-03-14 15:00 UTC),
        edited_at: None,
        like_count: 1,
        reply_count: 2,
        liked: false,
    }
}

fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag))
}

fn outside_quotes(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}
