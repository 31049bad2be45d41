//! A budget that strangers share, such as mails to one address, with a reserve for networks that have not used it yet:
//! one stranger alone cannot use up all of it.

use sqlx::PgPool;

use super::{
    MAIL_ADDRESS, MAIL_FIRST, MAIL_RESERVE, Policy, SIGN_IN_FIRST, SIGN_IN_IDENTIFIER, SIGN_IN_RESERVE, clear,
    give_back, take,
};
use crate::base::{
    client::Client,
    error::{Error, Result},
};

/// A shared budget.
#[derive(Clone, Copy, Debug)]
pub struct SharedBudget {
    /// The common part for all clients.
    common: Policy,
    /// The first attempts of one network, which may use the reserve.
    first: Policy,
    /// The reserve for when the common part is used up.
    reserve: Policy,
}

impl SharedBudget {
    /// Mails to one address that strangers request.
    pub const MAIL: Self = Self { common: MAIL_ADDRESS, first: MAIL_FIRST, reserve: MAIL_RESERVE };
    /// Failed sign-ins for one name.
    pub const SIGN_IN: Self = Self { common: SIGN_IN_IDENTIFIER, first: SIGN_IN_FIRST, reserve: SIGN_IN_RESERVE };
}

/// The part of the budget that counted an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    Common {
        /// True if it also counted among the first attempts of its network.
        is_first: bool,
    },
    /// Others have used up the common part.
    Reserve,
}

/// Counts one attempt for `key` by `client`. [`Error::Limited`] when nothing is left for its network.
pub async fn take_shared(db: &PgPool, shared: SharedBudget, key: &str, client: &Client) -> Result<Share> {
    // Each network is counted from the start, or the one that used up the common part would still count as a first one.
    let is_first = match take(db, shared.first, first_key(key, client)).await {
        Err(Error::Limited(_)) => false,
        counted => counted.map(|()| true)?,
    };
    let limit_error = match take(db, shared.common, key).await {
        Ok(()) => return Ok(Share::Common { is_first }),
        Err(limit_error @ Error::Limited(_)) => limit_error,
        Err(other) => return Err(other),
    };
    if !is_first {
        return Err(limit_error);
    }
    match take(db, shared.reserve, key).await {
        Ok(()) => Ok(Share::Reserve),
        Err(Error::Limited(_)) => Err(limit_error),
        Err(other) => Err(other),
    }
}

impl SharedBudget {
    /// Takes one counted attempt back.
    pub(crate) async fn give_back(self, db: &PgPool, share: Share, key: &str, client: &Client) -> Result<()> {
        let (policy, is_first) = match share {
            Share::Common { is_first } => (self.common, is_first),
            Share::Reserve => (self.reserve, true),
        };
        if is_first {
            give_back(db, self.first, first_key(key, client)).await?;
        }
        give_back(db, policy, key).await
    }

    /// Deletes every count for `key`, from all networks.
    pub(crate) async fn clear(self, db: &PgPool, key: &str, client: &Client) -> Result<()> {
        clear(db, self.first, first_key(key, client)).await?;
        clear(db, self.reserve, key).await?;
        clear(db, self.common, key).await
    }
}

fn first_key(key: &str, client: &Client) -> String {
    format!("{} {key}", client.network_key())
}
