//! The message on a page about the action just before. It travels in a one-minute cookie that holds a code, never a
//! sentence: others cannot make the site show a text of theirs.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderValue, Method, header::CONTENT_TYPE};
use server::{
    Server,
    http::{
        PageCookies,
        cookies::{Cookie, WithCookie},
    },
    identity::sessions::UserAgent,
};

/// The tone of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
}

/// A message that is shown once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    Welcome,
    SignedIn,
    SignedOut,
    CodeSent,
    /// The verified address already has an account.
    HaveAccount,
    /// A sign-up that has ended, or was started in another browser.
    SignUpGone,
    DeviceEnded(UserAgent),
    OthersEnded,
    EverywhereEnded,
    Posted,
    Replied,
    Edited,
    Deleted,
    /// An e-mail link that no longer works.
    LinkGone,
    /// As [`Flash::LinkGone`], for a link that takes back a change of address.
    UndoLinkGone,
    /// As [`Flash::LinkGone`], for a link that signs a device out.
    SessionLinkGone,
    CodeGone,
    /// A form that waited while the user elevated.
    StillTyped,
    PasswordChanged,
    /// As [`Flash::PasswordChanged`], if the page then lists what else opens the account.
    AlsoConnected,
    PasswordRemoved,
    EmailChanged,
    EmailRestored,
    UsernameChanged,
    SessionEnded,
    AccountDeleted,
    PictureChanged,
    PictureRemoved,
    /// The session ended while the user chose a picture.
    PictureNotSaved,
    ProfileChanged,
    Connected,
    Disconnected,
    /// Name and picture were copied from the provider.
    Refreshed,
    /// Signed in to the account that was verified; another provider opens it now as well.
    Proved,
    /// This browser no longer has a pending OAuth sign-up.
    PendingSignUpGone,
    /// Another user created an account with that address in between (a race).
    AddressTaken,
    /// The identity is already linked to an account.
    HaveAccountThere,
    MarkedRead,
    AllRead,
    MailChosen,
    /// The user follows as many users as the limit allows.
    FollowsFull,
}

const MINUTE: Duration = Duration::from_secs(60);

const PLAIN: [(Flash, &str); 40] = [
    (Flash::Welcome, "welcome"),
    (Flash::SignedIn, "signed-in"),
    (Flash::SignedOut, "signed-out"),
    (Flash::CodeSent, "code-sent"),
    (Flash::HaveAccount, "have-account"),
    (Flash::SignUpGone, "sign-up-gone"),
    (Flash::OthersEnded, "others-ended"),
    (Flash::EverywhereEnded, "everywhere-ended"),
    (Flash::Posted, "posted"),
    (Flash::Replied, "replied"),
    (Flash::Edited, "edited"),
    (Flash::Deleted, "deleted"),
    (Flash::LinkGone, "link-gone"),
    (Flash::UndoLinkGone, "undo-link-gone"),
    (Flash::SessionLinkGone, "session-link-gone"),
    (Flash::CodeGone, "code-gone"),
    (Flash::StillTyped, "still-typed"),
    (Flash::PasswordChanged, "password-changed"),
    (Flash::AlsoConnected, "also-connected"),
    (Flash::PasswordRemoved, "password-removed"),
    (Flash::EmailChanged, "email-changed"),
    (Flash::EmailRestored, "email-restored"),
    (Flash::UsernameChanged, "username-changed"),
    (Flash::SessionEnded, "session-ended"),
    (Flash::AccountDeleted, "account-deleted"),
    (Flash::PictureChanged, "picture-changed"),
    (Flash::PictureRemoved, "picture-removed"),
    (Flash::PictureNotSaved, "picture-not-saved"),
    (Flash::ProfileChanged, "profile-changed"),
    (Flash::Connected, "connected"),
    (Flash::Disconnected, "disconnected"),
    (Flash::Refreshed, "refreshed"),
    (Flash::Proved, "proved"),
    (Flash::PendingSignUpGone, "oauth-sign-up-gone"),
    (Flash::AddressTaken, "address-taken"),
    (Flash::HaveAccountThere, "have-account-there"),
    (Flash::MarkedRead, "marked-read"),
    (Flash::AllRead, "all-read"),
    (Flash::MailChosen, "mail-chosen"),
    (Flash::FollowsFull, "follows-full"),
];

impl Flash {
    /// Parses the value of a cookie. Returns `None` for anything but a code of ours.
    pub fn parse(code: &str) -> Option<Self> {
        if let Some(agent) = code.strip_prefix("device-ended.") {
            return UserAgent::from_code(agent).map(Self::DeviceEnded);
        }
        PLAIN.iter().find(|(_, name)| *name == code).map(|(flash, _)| *flash)
    }

    fn code(self) -> String {
        match self {
            Self::DeviceEnded(agent) => format!("device-ended.{}", agent.code()),
            plain => PLAIN.iter().find(|(flash, _)| *flash == plain).map_or("", |(_, name)| name).to_owned(),
        }
    }

    /// Returns the message.
    pub fn text(&self) -> String {
        match self {
            Self::Welcome => "Welcome to Kith. This is what everybody is up to.",
            Self::SignedIn => "Good to see you again.",
            Self::SignedOut => "You are signed out.",
            Self::CodeSent => "We sent a new code. The one before no longer works.",
            Self::HaveAccount => "That address already has an account. You can sign in to it here.",
            Self::SignUpGone => "That sign-up has ended, or began in another browser. Start again here.",
            Self::DeviceEnded(agent) => return format!("Signed out of {}.", agent.name()),
            Self::OthersEnded => "Signed out everywhere but here.",
            Self::EverywhereEnded => "You are signed out everywhere.",
            Self::Posted => "Posted.",
            Self::Replied => "Reply posted.",
            Self::Edited => "Edited.",
            Self::Deleted => "Post deleted.",
            Self::LinkGone => "That link has expired or was used already. You can request a new one here.",
            Self::UndoLinkGone => {
                "That link has expired or was used already. Account shows your address. If you can’t sign in, choose a \
                 new password."
            }
            Self::SessionLinkGone => {
                "That link has expired or was used already. Devices shows who is signed in, and signs them out."
            }
            Self::CodeGone => {
                "That code has expired, or was requested in another browser. You can request a new one here."
            }
            Self::StillTyped => "Thank you. What you typed is still here: press the button once more.",
            Self::PasswordChanged | Self::AlsoConnected => {
                "Your password is changed. All other devices are signed out."
            }
            Self::PasswordRemoved => "Your password is removed. All other devices are signed out.",
            Self::EmailChanged => "Your new address is in use. All other devices are signed out.",
            Self::EmailRestored => "The change is undone, and all devices are signed out. Now choose a new password.",
            Self::UsernameChanged => "Username changed. Your old username redirects here for 30 days.",
            Self::AccountDeleted => "Your account is deleted. All the best.",
            Self::PictureChanged => "Picture changed.",
            Self::PictureRemoved => "Picture removed. This one is drawn from your username.",
            Self::PictureNotSaved => {
                "You are signed out, so your picture was not saved. Sign in, then choose it again."
            }
            Self::ProfileChanged => "Saved. Others see your profile like this now.",
            Self::SessionEnded => "That device is signed out. If it wasn’t you, choose a new password.",
            Self::Connected => "Connected. You can sign in with it from now on.",
            Self::Disconnected => {
                "Disconnected. It no longer opens your account. Other devices that signed in with it are signed out."
            }
            Self::Refreshed => "Your name and picture are up to date.",
            Self::Proved => "Welcome back. From now on you can sign in that way too.",
            Self::PendingSignUpGone => "That took too long, or began in another browser. Start again here.",
            Self::AddressTaken => "That address has an account now. Prove that it is yours.",
            Self::HaveAccountThere => "You already have an account. Sign in the same way.",
            Self::MarkedRead => "Marked as read.",
            Self::AllRead => "All read.",
            Self::MailChosen => "Saved. We send you these mails from now on.",
            Self::FollowsFull => "You follow 7,500 people, which is the most. Unfollow someone first.",
        }
        .to_owned()
    }

    /// Returns the tone of the message.
    pub fn tone(&self) -> Tone {
        match self {
            Self::SignUpGone
            | Self::LinkGone
            | Self::UndoLinkGone
            | Self::SessionLinkGone
            | Self::CodeGone
            | Self::PendingSignUpGone
            | Self::AddressTaken
            | Self::PictureNotSaved
            | Self::FollowsFull => Tone::Bad,
            _ => Tone::Good,
        }
    }

    /// Redirects to `path` (one of our own), which shows this message.
    pub fn redirect(self, server: &Server, path: &str) -> Response {
        Redirect::to(path).into_response().with_cookie(self.cookie(server))
    }

    /// Returns the cookie that makes the next page show the message.
    pub fn cookie(self, server: &Server) -> Option<HeaderValue> {
        Cookie::Flash.set(&server.config().origin, &self.code(), Some(MINUTE))
    }
}

/// Removes the cookie in the response that shows the message.
pub async fn once(State(server): State<Server>, request: Request<Body>, next: Next) -> Response {
    let is_shown =
        request.method() == Method::GET && request.extensions().get::<PageCookies>().is_some_and(|s| s.flash.is_some());
    let response = next.run(request).await;
    let is_page = response.headers().get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    let removal = Cookie::Flash.remove(&server.config().origin);
    response.with_cookie(removal.filter(|_| is_shown && is_page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flash_codes_round_trip_and_invalid_codes_are_refused() {
        let agent = UserAgent::parse("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0");
        for flash in PLAIN.map(|(flash, _)| flash).into_iter().chain([Flash::DeviceEnded(agent)]) {
            assert_eq!(Flash::parse(&flash.code()).map(|f| f.text()), Some(flash.text()));
        }
        assert_eq!(Flash::DeviceEnded(agent).text(), "Signed out of Firefox on Linux.");
        let most = crate::count::short(server::social::follows::MAX_FOLLOWS);
        assert!(Flash::FollowsFull.text().contains(&most), "{most}");
        for bad in ["", "Visit evil.example", "device-ended.", "device-ended.99.1", "device-ended.x"] {
            assert_eq!(Flash::parse(bad), None, "{bad}");
        }
    }
}
