//! Sentences that pages and islands share.

/// The message when it is unknown whether a change was saved: the answer to a commit, or to a request, may have been
/// lost.
pub const MAY_BE_SAVED: &str = "This may have been saved; please check before trying again.";
