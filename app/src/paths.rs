//! Every URL of a page or a form, as a function: nobody else writes one down.

/// Everyone's latest.
pub const HOME: &str = "/";
/// The latest of the people one follows.
pub const FOLLOWING: &str = "/following";
/// Where one writes, as a page of its own.
pub const WRITE: &str = "/posts/new";
/// Where posts are sent.
pub const POSTS: &str = "/posts";
/// One's own signed-in browsers.
pub const DEVICES: &str = "/settings/devices";
/// Where one comes in.
pub const SIGN_IN: &str = "/sign-in";
/// Where one joins.
pub const SIGN_UP: &str = "/sign-up";
/// Where one leaves (POST).
pub const SIGN_OUT: &str = "/sign-out";
/// Where the colours are chosen (POST).
pub const THEME: &str = "/theme";

/// Somebody's page.
pub fn profile(username: &str) -> String {
    format!("/@{username}")
}

/// Where following somebody is said (POST).
pub fn follow(username: &str) -> String {
    format!("/@{username}/follow")
}

/// A post's page.
pub fn post(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}")
}

/// Where liking a post is said (POST).
pub fn like(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/like")
}

/// Where replies to a post are sent (POST).
pub fn replies(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/replies")
}

/// Where a post of one's own is deleted (POST).
pub fn delete(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/delete")
}

/// The page of a list that starts below a post.
pub fn before(list: &str, id: impl std::fmt::Display) -> String {
    format!("{list}?before={id}")
}
