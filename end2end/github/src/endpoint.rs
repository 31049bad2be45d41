//! What of GitHub there is here.

use serde::{Deserialize, Serialize};

/// An endpoint that can be told how to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/login/oauth/authorize`: the page on which somebody consents.
    Authorize,
    /// `/login/oauth/access_token`: a code becomes a token.
    Token,
    /// `/user`: who somebody is.
    User,
    /// `/user/emails`: their addresses.
    Emails,
    /// `/avatars/u/{id}`: their picture.
    Avatar,
}

impl Endpoint {
    pub const ALL: [Self; 5] = [Self::Authorize, Self::Token, Self::User, Self::Emails, Self::Avatar];

    /// The one that a path leads to, as on github.com and as on an Enterprise server.
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
