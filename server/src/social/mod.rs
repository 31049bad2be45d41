//! The social features: posts, likes, follows, profiles, feeds, search, notifications.

pub mod feed;
pub mod follows;
pub mod likes;
pub mod markup;
pub(crate) mod mentions;
pub mod notifications;
pub mod posts;
pub mod profiles;
pub mod search;
pub mod sitemap;
pub mod tags;
pub mod trending;
