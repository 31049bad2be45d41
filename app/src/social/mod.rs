//! Pages for what users do: feeds, posts, profiles, search, notifications.

pub mod feed;
pub mod follows;
pub mod likes;
pub mod notifications;
pub mod posts;
pub mod profiles;
pub mod search;
pub mod tags;
