//! The endpoints of GitHub that are here.

use serde::{Deserialize, Serialize};

/// An endpoint with a configurable mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/login/oauth/authorize`: the consent page.
    Authorize,
    /// `/login/oauth/access_token`: exchanges a code for a token.
    Token,
    /// `/user`: the profile.
    User,
    /// `/user/emails`: the addresses.
    Emails,
    /// `/avatars/u/{id}`: the picture.
    Avatar,
}

impl Endpoint {
    pub const ALL: [Self; 5] = [Self::Authorize, Self::Token, Self::User, Self::Emails, Self::Avatar];

    /// Returns the endpoint of a path, as on github.com and as on an Enterprise server.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path.strip_prefix("/api/v3").unwrap_or(path) {
            "/login/oauth/authorize" => Some(Self::Authorize),
            "/login/oauth/access_token" => Some(Self::Token),
            "/user" => Some(Self::User),
            "/user/emails" => Some(Self::Emails),
            path => path.starts_with("/avatars/u/").then_some(Self::Avatar),
        }
    }
}
