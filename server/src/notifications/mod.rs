//! What somebody is told of: answers, mentions, followers, and likes, which are gathered into one row a post.
//!
//! A notification is written by the transaction of what it tells of, and is only shown as long as that is so: triggers
//! withdraw it (see the migration). Nobody is told of what they do themselves, nor twice of the same; whether somebody
//! is told at all is decided by one function in the database, `is_told`.

mod digest;
mod list;
mod read;
mod settings;
mod tell;
#[cfg(test)]
mod tests;

pub use digest::{Told, queue_due, run, unsubscribe};
pub(crate) use digest::{arm, to_mail};
pub use list::{Cursor, Notification, PAGE, Page, page};
pub use read::{read, read_all};
pub use settings::{Rhythm, Settings, save, settings};
pub(crate) use tell::{edited, followed, liked, of_post, unliked};

/// Above this the unread ones are not counted, only many.
pub const MOST_COUNTED: i64 = 99;

/// What a notification tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Reply,
    Mention,
    Follow,
    Like,
}

impl Kind {
    /// All of them, in the order in which people choose among them.
    pub const ALL: [Self; 4] = [Self::Reply, Self::Mention, Self::Follow, Self::Like];

    /// As a row and a form have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Mention => "mention",
            Self::Follow => "follow",
            Self::Like => "like",
        }
    }

    /// From a row; what a newer version of this server may have written is none.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
