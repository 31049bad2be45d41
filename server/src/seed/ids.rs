//! The ids of the seeded rows.

/// The first ids, which the identity columns gave out, and the time of the newest row.
pub(super) struct Ids {
    /// In microseconds, as `copy` sends times.
    pub(super) now: i64,
    pub(super) first_user: i64,
    pub(super) first_post: i64,
}

impl Ids {
    pub(super) fn user(&self, person: u32) -> i64 {
        self.first_user + i64::from(person)
    }

    pub(super) fn post(&self, post: u32) -> i64 {
        self.first_post + i64::from(post)
    }
}
