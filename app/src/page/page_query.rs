//! The query of a page in a list.

use serde::Deserialize;
use server::{Error, Result, base::id::PostId, base::time_cursor::TimeCursor};

/// The position in a list, and whether only the list is requested.
#[derive(Debug, Default, Deserialize)]
pub struct PageQuery {
    before: Option<String>,
    part: Option<String>,
}

impl PageQuery {
    /// Returns the post below which the page starts. An address with an invalid id is no page of ours.
    pub fn before(&self) -> Result<Option<PostId>> {
        self.before.as_deref().map(|id| id.parse().map_err(|_| Error::NotFound)).transpose()
    }

    /// Returns the same for a list in order of time.
    pub fn mark(&self) -> Result<Option<TimeCursor>> {
        self.before.as_deref().map(|mark| mark.parse().map_err(|()| Error::NotFound)).transpose()
    }

    /// Returns true for the first page of the list.
    pub fn is_first(&self) -> bool {
        self.before.is_none()
    }

    /// Returns true if a script requests the list without the document.
    pub fn only_list(&self) -> bool {
        self.part.as_deref() == Some("list")
    }
}
