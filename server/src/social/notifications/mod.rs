//! Notifications: replies, mentions, followers, and likes, which are collected into one row per post.
//!
//! The transaction of an event writes its notification, which is only shown as long as the event exists: triggers
//! withdraw it (see the migration). Users are never notified of their own actions, nor twice of the same. One function
//! in the database, `is_told`, decides if a user is notified at all.

mod digest;
mod digest_mail;
mod list;
mod read;
mod settings;
mod tell;
#[cfg(test)]
mod tests;

pub use digest::{DigestItem, queue_due, run, unsubscribe};
pub(crate) use digest::{arm, to_mail};
pub(crate) use digest_mail::digest_mail;
#[cfg(feature = "dev")]
pub(crate) use digest_mail::sample as digest_sample;
pub use list::{Notification, PAGE, Page, page};
pub use read::{read, read_all};
pub use settings::{Rhythm, Settings, save, settings};
pub(crate) use tell::{edited, followed, liked, of_post, unliked};

/// Above this number unread notifications are not counted exactly.
pub const MAX_COUNTED: i64 = 99;

/// The event of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationKind {
    Reply,
    Mention,
    Follow,
    Like,
}

impl NotificationKind {
    /// All kinds, in the order of the settings page.
    pub const ALL: [Self; 4] = [Self::Reply, Self::Mention, Self::Follow, Self::Like];

    /// Returns the name in rows and forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Mention => "mention",
            Self::Follow => "follow",
            Self::Like => "like",
        }
    }

    /// Parses the name in a row; `None` for a kind that a newer version of the server wrote.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
