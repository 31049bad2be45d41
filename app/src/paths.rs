//! Every URL of a page or a form, as a function: no other module writes one down.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters of a tag that an address must escape.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_');

/// The latest posts of everyone.
pub const HOME: &str = "/";
/// The latest posts of the users that the viewer follows.
pub const FOLLOWING: &str = "/following";
/// Search for users, posts and tags.
pub const SEARCH: &str = "/search";
/// Search for posts only.
pub const SEARCH_POSTS: &str = "/search/posts";
/// Search for users only.
pub const SEARCH_PEOPLE: &str = "/search/people";
/// Search for tags only.
pub const SEARCH_TAGS: &str = "/search/tags";
/// The trending tags of this week.
pub const TRENDING: &str = "/trending";
/// The composer, as a page of its own.
pub const WRITE: &str = "/posts/new";
/// Creates a post (POST).
pub const POSTS: &str = "/posts";
/// The notifications of the signed-in user.
pub const NOTIFICATIONS: &str = "/notifications";
/// Marks all notifications as read (POST).
pub const NOTIFICATIONS_READ: &str = "/notifications/read";
/// The settings for notifications by mail.
pub const NOTIFICATION_SETTINGS: &str = "/settings/notifications";
/// Stops the mails about notifications, with a token.
pub const UNSUBSCRIBE: &str = "/unsubscribe";
/// The sessions of the signed-in user.
pub const DEVICES: &str = "/settings/devices";
/// The sign-in page.
pub const SIGN_IN: &str = "/sign-in";
/// The sign-up page.
pub const SIGN_UP: &str = "/sign-up";
/// Signs out (POST).
pub const SIGN_OUT: &str = "/sign-out";
/// The sitemap, for search engines.
pub const SITEMAP: &str = "/sitemap.xml";
/// Chooses light or dark (POST).
pub const THEME: &str = "/theme";

/// One part of the sitemap: of `people` or of `posts`.
pub fn sitemap(kind: &str, part: i64) -> String {
    format!("{SITEMAP}?{kind}={part}")
}

/// The profile of a user.
pub fn profile(username: &str) -> String {
    format!("/@{username}")
}

/// The newest posts of a user, for feed readers.
pub fn profile_feed(username: &str) -> String {
    format!("/@{username}/feed.atom")
}

/// The posts with a tag.
pub fn tag(tag: &str) -> String {
    format!("/tags/{}", utf8_percent_encode(tag, SEGMENT))
}

/// The newest posts with a tag, for feed readers.
pub fn tag_feed(tag: &str) -> String {
    format!("{}/feed.atom", self::tag(tag))
}

/// The replies of a user.
pub fn profile_replies(username: &str) -> String {
    format!("/@{username}/replies")
}

/// The posts that a user liked.
pub fn profile_likes(username: &str) -> String {
    format!("/@{username}/likes")
}

/// The followers of a user.
pub fn followers(username: &str) -> String {
    format!("/@{username}/followers")
}

/// The users that a user follows.
pub fn followed_by(username: &str) -> String {
    format!("/@{username}/following")
}

/// Follows or unfollows a user (POST).
pub fn follow(username: &str) -> String {
    format!("/@{username}/follow")
}

/// An avatar, by the name of its file.
pub fn avatar(file: &str) -> String {
    format!("/avatars/{file}")
}

/// A post's page.
pub fn post(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}")
}

/// Likes a post or removes the like (POST).
pub fn like(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/like")
}

/// Creates a reply to a post (POST).
pub fn replies(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/replies")
}

/// Deletes a post of the signed-in user (POST).
pub fn delete(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/delete")
}

/// Marks one notification as read (POST).
pub fn notification_read(id: i64) -> String {
    format!("/notifications/{id}/read")
}

/// A post's page, at the post: the posts that it answers are above it.
pub fn post_at(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}#p{id}")
}

/// The reply field on a post's page.
pub fn answer(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}#body")
}

/// Edits a post of the signed-in user.
pub fn edit(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/edit")
}

/// The earlier versions of a post.
pub fn history(id: impl std::fmt::Display) -> String {
    format!("/posts/{id}/history")
}

/// The page of a list that starts below a post, or below another position of its own. The list may have a query
/// already.
pub fn before(list: &str, id: impl std::fmt::Display) -> String {
    let sign = if list.contains('?') { '&' } else { '?' };
    format!("{list}{sign}before={id}")
}

/// A search for one kind of results.
pub fn searched(page: &str, query: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    format!("{page}?q={escaped}")
}

/// The page of a search that starts after a given result.
pub fn after(search: &str, what: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(what.as_bytes()).collect();
    format!("{search}&after={escaped}")
}

/// The form for the code from the mail.
pub const SIGN_UP_VERIFY: &str = "/sign-up/verify";
/// Sends another code (POST).
pub const SIGN_UP_RESEND: &str = "/sign-up/resend";
/// The form for the missing parts of a verified sign-up.
pub const SIGN_UP_FINISH: &str = "/sign-up/finish";
/// The link of an operator's invitation, with its token.
pub const SIGN_UP_INVITATION: &str = "/sign-up/invitation";
/// The elevation page.
pub const ELEVATE: &str = "/elevate";
/// Revokes all other sessions (POST).
pub const DEVICES_END_OTHERS: &str = "/settings/devices/others/end";
/// Revokes all sessions (POST).
pub const DEVICES_END_ALL: &str = "/settings/devices/all/end";
/// The forms that request and enter a sign-in code.
pub const SIGN_IN_CODE: &str = "/sign-in/code";
/// Sends a sign-in code (POST).
pub const SIGN_IN_CODE_SEND: &str = "/sign-in/code/send";
/// The form that requests an e-mail link for a new password.
pub const FORGOT_PASSWORD: &str = "/forgot-password";
/// The page of that e-mail link.
pub const RESET_PASSWORD: &str = "/reset-password";
/// The page of the e-mail link that takes back a change of address.
pub const UNDO_EMAIL: &str = "/undo-email";
/// The page of the e-mail link that revokes a session.
pub const END_SESSION: &str = "/end-session";
/// Sends a code for elevation (POST).
pub const ELEVATE_SEND: &str = "/elevate/send";
/// The form for such a code.
pub const ELEVATE_CODE: &str = "/elevate/code";
/// The address and username of the signed-in user.
pub const ACCOUNT: &str = "/settings/account";
/// Requests a change of address (POST).
pub const ACCOUNT_EMAIL: &str = "/settings/account/email";
/// The form for the code that confirms it.
pub const ACCOUNT_EMAIL_VERIFY: &str = "/settings/account/email/verify";
/// Changes the username (POST).
pub const ACCOUNT_USERNAME: &str = "/settings/account/username";
/// Downloads the user export (POST).
pub const ACCOUNT_EXPORT: &str = "/settings/account/export";
/// Deletes the account (POST).
pub const ACCOUNT_DELETE: &str = "/settings/account/delete";
/// The password of the signed-in user.
pub const SECURITY: &str = "/settings/security";
/// The address at which password managers look for the password page (W3C, A Well-Known URL for Changing Passwords).
pub const CHANGE_PASSWORD: &str = "/.well-known/change-password";
/// Changes the password (POST).
pub const SECURITY_PASSWORD: &str = "/settings/security/password";
/// Removes the password (POST).
pub const SECURITY_PASSWORD_REMOVE: &str = "/settings/security/password/remove";
/// The profile and avatar of the signed-in user; also saves the profile (POST).
pub const PROFILE: &str = "/settings/profile";
/// Uploads an avatar (POST).
pub const PROFILE_PICTURE: &str = "/settings/profile/picture";
/// Removes the avatar (POST).
pub const PROFILE_PICTURE_REMOVE: &str = "/settings/profile/picture/remove";
/// The connected provider accounts of the signed-in user.
pub const CONNECTIONS: &str = "/settings/connections";
/// The activity of the account.
pub const ACTIVITY: &str = "/settings/activity";
/// The development mailbox.
#[cfg(feature = "dev")]
pub const DEV_MAIL: &str = "/dev/mail";

/// Revokes one session (POST).
pub fn device_end(device: impl std::fmt::Display) -> String {
    format!("/settings/devices/{device}/end")
}

/// The page of a pending OAuth sign-up; also saves its choices (POST).
pub const PENDING_SIGN_UP: &str = "/sign-up/provider";
/// The avatar of a pending OAuth sign-up, from the provider.
pub const PENDING_SIGN_UP_AVATAR: &str = "/sign-up/provider/avatar";
/// Sends a code to an address of a pending OAuth sign-up (POST).
pub const PENDING_SIGN_UP_SEND: &str = "/sign-up/provider/send";
/// The form for that code.
pub const PENDING_SIGN_UP_CODE: &str = "/sign-up/provider/code";
/// Verifies the password of the existing account (POST).
pub const PENDING_SIGN_UP_PASSWORD: &str = "/sign-up/provider/password";

/// Starts an OAuth sign-in (POST).
pub fn oauth_start(provider: impl std::fmt::Display) -> String {
    format!("/auth/{provider}")
}

/// Verifies the owner of the existing account by another provider (POST).
pub fn pending_sign_up_with(provider: impl std::fmt::Display) -> String {
    format!("/sign-up/provider/with/{provider}")
}

/// Elevates by a provider (POST).
pub fn elevate_with(provider: impl std::fmt::Display) -> String {
    format!("/elevate/with/{provider}")
}

/// Creates, removes or refreshes a connection (POST): `link`, `unlink` or `refresh`.
pub fn connection(provider: impl std::fmt::Display, act: &str) -> String {
    format!("{CONNECTIONS}/{provider}/{act}")
}

/// A page that continues to `next` afterwards.
pub fn with_next(page: &str, next: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{page}?next={escaped}")
}

/// One mail of the development mailbox.
#[cfg(feature = "dev")]
pub fn dev_mail(id: impl std::fmt::Display) -> String {
    format!("{DEV_MAIL}/{id}")
}
/// Returns the username in the first part of a path, if it is one: `@ada`.
pub fn username(handle: &str) -> Option<&str> {
    let name = handle.strip_prefix('@')?;
    let fits = (3..=24).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    fits.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_usernames_only_from_valid_handles() {
        assert_eq!(username("@ada"), Some("ada"));
        assert_eq!(username("@Ada"), Some("Ada"));
        for other in
            ["ada", "@", "@a", "@ada/x", "@ada.atom", "@\u{430}da", "favicon.ico", "@aaaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            assert_eq!(username(other), None, "{other}");
        }
    }
}
