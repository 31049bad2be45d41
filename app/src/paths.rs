//! Every URL of a page or a form, as a function: nobody else writes one down.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a tag in an address cannot have as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_');

/// Everyone's latest.
pub const HOME: &str = "/";
/// The latest of the people one follows.
pub const FOLLOWING: &str = "/following";
/// Where one looks for people, posts and tags.
pub const SEARCH: &str = "/search";
/// Posts alone.
pub const SEARCH_POSTS: &str = "/search/posts";
/// People alone.
pub const SEARCH_PEOPLE: &str = "/search/people";
/// Tags alone.
pub const SEARCH_TAGS: &str = "/search/tags";
/// The tags that are lively this week.
pub const LIVELY: &str = "/lively";
/// Where one writes, as a page of its own.
pub const WRITE: &str = "/posts/new";
/// Where posts are sent.
pub const POSTS: &str = "/posts";
/// What one was told.
pub const NOTIFICATIONS: &str = "/notifications";
/// Where all of it is marked as read (POST).
pub const NOTIFICATIONS_READ: &str = "/notifications/read";
/// What of it also comes by mail.
pub const NOTIFICATION_SETTINGS: &str = "/settings/notifications";
/// Where mails of it are ended, with a token.
pub const UNSUBSCRIBE: &str = "/unsubscribe";
/// One's own signed-in browsers.
pub const DEVICES: &str = "/settings/devices";
/// Where one comes in.
pub const SIGN_IN: &str = "/sign-in";
/// Where one joins.
pub const SIGN_UP: &str = "/sign-up";
/// Where one leaves (POST).
pub const SIGN_OUT: &str = "/sign-out";
/// Which pages there are, for search engines.
pub const SITEMAP: &str = "/sitemap.xml";
/// Where the colours are chosen (POST).
pub const THEME: &str = "/theme";

/// One part of the sitemap: of `people` or of `posts`.
pub fn sitemap(kind: &str, part: i64) -> String {
    format!("{SITEMAP}?{kind}={part}")
}

/// Somebody's page.
pub fn profile(username: &str) -> String {
    format!("/@{username}")
}

/// Somebody's newest posts, for feed readers.
pub fn profile_feed(username: &str) -> String {
    format!("/@{username}/feed.atom")
}

/// The posts with a tag.
pub fn tag(tag: &str) -> String {
    format!("/tags/{}", utf8_percent_encode(tag, SEGMENT))
}

/// The newest of them, for feed readers.
pub fn tag_feed(tag: &str) -> String {
    format!("{}/feed.atom", self::tag(tag))
}

/// What somebody answered.
pub fn profile_replies(username: &str) -> String {
    format!("/@{username}/replies")
}

/// What somebody liked.
pub fn profile_likes(username: &str) -> String {
    format!("/@{username}/likes")
}

/// Who follows somebody.
pub fn followers(username: &str) -> String {
    format!("/@{username}/followers")
}

/// Whom somebody follows.
pub fn followed_by(username: &str) -> String {
    format!("/@{username}/following")
}

/// Where following somebody is said (POST).
pub fn follow(username: &str) -> String {
    format!("/@{username}/follow")
}

/// A picture of somebody, by the name of its file.
pub fn avatar(file: &str) -> String {
    format!("/avatars/{file}")
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

/// Where one notification is marked as read (POST).
pub fn notification_read(id: i64) -> String {
    format!("/notifications/{id}/read")
}

/// A post's page, at the post: what it answers stands above it.
pub fn post_at(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}#p{id}")
}

/// Where one answers a post: the field on its page.
pub fn answer(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}#body")
}

/// Where a post of one's own is changed.
pub fn edit(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/edit")
}

/// What a post said before.
pub fn history(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/history")
}

/// The page of a list that starts below a post, or another mark of its own. The list may have a query already.
pub fn before(list: &str, id: impl std::fmt::Display) -> String {
    let sign = if list.contains('?') { '&' } else { '?' };
    format!("{list}{sign}before={id}")
}

/// A search among one kind of things.
pub fn searched(page: &str, query: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    format!("{page}?q={escaped}")
}

/// The page of a search that starts behind something.
pub fn after(search: &str, what: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(what.as_bytes()).collect();
    format!("{search}&after={escaped}")
}

/// Where the code from the mail is typed.
pub const SIGN_UP_VERIFY: &str = "/sign-up/verify";
/// Where another code is asked for (POST).
pub const SIGN_UP_RESEND: &str = "/sign-up/resend";
/// Where what a proved sign-up still lacks is chosen.
pub const SIGN_UP_FINISH: &str = "/sign-up/finish";
/// Where an operator's invitation leads, with its token.
pub const SIGN_UP_INVITATION: &str = "/sign-up/invitation";
/// Where one proves again who one is.
pub const ELEVATE: &str = "/elevate";
/// Where all other browsers are ended (POST).
pub const DEVICES_END_OTHERS: &str = "/settings/devices/others/end";
/// Where all browsers are ended (POST).
pub const DEVICES_END_ALL: &str = "/settings/devices/all/end";
/// Where a code to sign in with is asked for and typed.
pub const SIGN_IN_CODE: &str = "/sign-in/code";
/// Where such a code is sent for (POST).
pub const SIGN_IN_CODE_SEND: &str = "/sign-in/code/send";
/// Where a link for a new password is asked for.
pub const FORGOT_PASSWORD: &str = "/forgot-password";
/// Where that link leads.
pub const RESET_PASSWORD: &str = "/reset-password";
/// Where a change of address is taken back.
pub const UNDO_EMAIL: &str = "/undo-email";
/// Where a session is ended that a mail told of.
pub const END_SESSION: &str = "/end-session";
/// Where a code to prove oneself with is sent for (POST).
pub const ELEVATE_SEND: &str = "/elevate/send";
/// Where such a code is typed.
pub const ELEVATE_CODE: &str = "/elevate/code";
/// One's address and username.
pub const ACCOUNT: &str = "/settings/account";
/// Where another address is asked for (POST).
pub const ACCOUNT_EMAIL: &str = "/settings/account/email";
/// Where its code is typed.
pub const ACCOUNT_EMAIL_VERIFY: &str = "/settings/account/email/verify";
/// Where another username is taken (POST).
pub const ACCOUNT_USERNAME: &str = "/settings/account/username";
/// Where everything about oneself is downloaded (POST).
pub const ACCOUNT_EXPORT: &str = "/settings/account/export";
/// Where one's account is deleted (POST).
pub const ACCOUNT_DELETE: &str = "/settings/account/delete";
/// One's password.
pub const SECURITY: &str = "/settings/security";
/// The address at which password managers look for it (W3C, A Well-Known URL for Changing Passwords).
pub const CHANGE_PASSWORD: &str = "/.well-known/change-password";
/// Where it is changed (POST).
pub const SECURITY_PASSWORD: &str = "/settings/security/password";
/// Where the password is removed (POST).
pub const SECURITY_PASSWORD_REMOVE: &str = "/settings/security/password/remove";
/// What one says of oneself, and one's face; what is said is sent there too (POST).
pub const PROFILE: &str = "/settings/profile";
/// Where a picture is sent (POST).
pub const PROFILE_PICTURE: &str = "/settings/profile/picture";
/// Where it is taken away (POST).
pub const PROFILE_PICTURE_REMOVE: &str = "/settings/profile/picture/remove";
/// The accounts elsewhere that open one's account.
pub const CONNECTIONS: &str = "/settings/connections";
/// What happened to one's account.
pub const ACTIVITY: &str = "/settings/activity";
/// The development mailbox.
#[cfg(feature = "dev")]
pub const DEV_MAIL: &str = "/dev/mail";

/// Where one browser is ended (POST).
pub fn device_end(device: impl std::fmt::Display) -> String {
    format!("/settings/devices/{device}/end")
}

/// Where somebody goes on who comes from another service for the first time, and sends what they choose (POST).
pub const ARRIVAL: &str = "/sign-up/arrival";
/// What they look like where they come from.
pub const ARRIVAL_FACE: &str = "/sign-up/arrival/face";
/// Where they ask for a code to an address (POST).
pub const ARRIVAL_SEND: &str = "/sign-up/arrival/send";
/// Where they type it.
pub const ARRIVAL_CODE: &str = "/sign-up/arrival/code";
/// Where they type the password of the account they have (POST).
pub const ARRIVAL_PASSWORD: &str = "/sign-up/arrival/password";

/// Where one sets out to another service, to come in (POST).
pub fn set_out(provider: impl std::fmt::Display) -> String {
    format!("/auth/{provider}")
}

/// Where one sets out to show whose account an arrival belongs to (POST).
pub fn arrival_with(provider: impl std::fmt::Display) -> String {
    format!("/sign-up/arrival/with/{provider}")
}

/// Where one sets out to prove again who one is (POST).
pub fn elevate_with(provider: impl std::fmt::Display) -> String {
    format!("/elevate/with/{provider}")
}

/// Where a connection is made, ended or brought up to date (POST): `link`, `unlink` or `refresh`.
pub fn connection(provider: impl std::fmt::Display, act: &str) -> String {
    format!("{CONNECTIONS}/{provider}/{act}")
}

/// A page that goes on to `next` afterwards.
pub fn with_next(page: &str, next: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{page}?next={escaped}")
}

/// One mail of the development mailbox.
#[cfg(feature = "dev")]
pub fn dev_mail(id: impl std::fmt::Display) -> String {
    format!("{DEV_MAIL}/{id}")
}
