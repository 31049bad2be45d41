//! The development mailbox: the last mails, in memory. Not part of the build of `cargo xtask dist`.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::OffsetDateTime;

use super::{Mail, Message};

const MAX_MAILS: usize = 200;

/// A mail that would have been sent.
#[derive(Clone)]
pub struct Received {
    pub id: u64,
    pub at: OffsetDateTime,
    pub to: String,
    pub message: Message,
}

/// The last [`MAX_MAILS`] mails, newest first.
#[derive(Default)]
pub struct Mailbox(Mutex<(u64, VecDeque<Received>)>);

impl Mailbox {
    pub(super) fn receive(&self, mail: &Mail) {
        let mut inner = self.inner();
        inner.0 += 1;
        let received =
            Received { id: inner.0, at: crate::base::clock::now(), to: mail.to.clone(), message: mail.message.clone() };
        inner.1.push_front(received);
        inner.1.truncate(MAX_MAILS);
    }

    /// Returns the mails, newest first; only those to `to` when it is given.
    pub fn list(&self, to: Option<&str>) -> Vec<Received> {
        self.inner().1.iter().filter(|m| to.is_none_or(|to| m.to.eq_ignore_ascii_case(to))).cloned().collect()
    }

    /// Returns one mail.
    pub fn find(&self, id: u64) -> Option<Received> {
        self.inner().1.iter().find(|mail| mail.id == id).cloned()
    }

    fn inner(&self) -> MutexGuard<'_, (u64, VecDeque<Received>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
