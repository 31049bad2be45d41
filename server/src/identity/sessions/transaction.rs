//! Transactions for changes by a signed-in user.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, Postgres, Transaction};

use super::SessionKey;
use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
    },
    identity::sessions::request::{Member, Request},
};

/// A transaction that only commits while the session of its user exists: a request that started before the session
/// ended changes nothing afterwards. It rolls back unless it is committed.
///
/// Every function that takes a [`Member`] writes in one of these, or calls [`super::lock_elevated`] in its
/// transaction.
pub(crate) struct MemberTransaction {
    tx: Transaction<'static, Postgres>,
    user: UserId,
    key: SessionKey,
}

/// Begins a transaction for a change by `me`.
pub(crate) async fn begin(cx: &Request, me: &Member) -> Result<MemberTransaction> {
    Ok(MemberTransaction { tx: cx.server.begin().await?, user: me.id(), key: me.key.clone() })
}

impl MemberTransaction {
    /// Commits. Locks the session until then, so that it cannot end in between. The lock is taken last, after all
    /// others (docs/decisions/0003), and nothing waits while it is held.
    ///
    /// [`Error::SignInNeeded`] if the session has ended; then nothing is changed.
    pub(crate) async fn commit(mut self) -> Result<()> {
        sqlx::query!(
            "select from sessions where id = $1 and user_id = $2 and expires_at > now() for key share",
            self.key.as_str(),
            self.user.0,
        )
        .fetch_optional(&mut *self.tx)
        .await?
        .ok_or(Error::SignInNeeded)?;
        Ok(self.tx.commit().await?)
    }

    /// Rolls back, and waits until that is done.
    pub(crate) async fn rollback(self) -> Result<()> {
        Ok(self.tx.rollback().await?)
    }
}

impl Deref for MemberTransaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for MemberTransaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}
