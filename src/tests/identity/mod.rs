//! Users, sessions and the ways to sign in.

pub mod avatar_copies;
pub mod avatar_upload;
pub mod avatars;
pub mod bucket;
pub mod credentials;
pub mod devices;
pub mod elevation;
pub mod email_links;
pub mod ended_sessions;
pub mod known_browsers;
pub mod oauth;
pub mod recovery;
pub mod sessions;
pub mod sign_in;
pub mod sign_up;
