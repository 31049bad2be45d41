//! Ids as distinct types, so that the id of a post can never be used as the id of a user.

use std::{fmt, str::FromStr};

use serde::Deserialize;

use crate::base::random;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, sqlx::Type)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = <$inner as FromStr>::Err;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

id!(
    /// A row of `users`.
    UserId(i64)
);
id!(
    /// A row of `posts`; a larger id is a newer post.
    PostId(i64)
);
id!(
    /// The public id of a session, for pages and forms. It grants no access.
    DeviceId(uuid::Uuid)
);
id!(
    /// The token in a form that makes its action happen only once. It grants no access.
    Once(uuid::Uuid)
);

impl Once {
    /// Returns a random one.
    pub fn random() -> Self {
        Self(uuid::Uuid::from_bytes(random::bytes()))
    }
}
