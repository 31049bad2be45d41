//! Ids as types of their own, so that a post's can never stand where a person's is meant.

use std::{fmt, str::FromStr};

use serde::Deserialize;

use crate::random;

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
    /// What pages and forms call a session. It opens nothing.
    DeviceId(uuid::Uuid)
);
id!(
    /// What a form carries so that what it is sent for is done once. It opens nothing.
    Once(uuid::Uuid)
);

impl Once {
    /// A new one.
    pub fn random() -> Self {
        Self(uuid::Uuid::from_bytes(random::bytes()))
    }
}
