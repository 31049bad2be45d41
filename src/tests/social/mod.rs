//! Posts, follows, profiles, feeds, search, notifications.

pub mod feed;
pub mod follows;
pub mod likes;
pub mod mentions;
pub mod notifications;
pub mod plans;
pub mod post_versions;
pub mod posts;
pub mod profile_edit;
pub mod profiles;
pub mod rendering;
pub mod search;
pub mod suspended_authors;
pub mod tags;
pub mod threads;
