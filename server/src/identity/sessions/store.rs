//! The session store, with hashes as ids: the values in the table grant no access.

use async_trait::async_trait;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::base::random;

/// The id of a session in the database: the first 128 bits of SHA-256 of its cookie id, in the store's own text form.
/// The cookie cannot be computed from the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionKey(String);

impl SessionKey {
    /// Returns the key for a cookie's value, if it is well-formed.
    pub fn of_cookie(value: &str) -> Option<Self> {
        value.parse::<Id>().ok().filter(|id| id.to_string() == value).map(|id| Self::of(&id))
    }

    /// Returns the key for a session's id.
    pub fn of(id: &Id) -> Self {
        Self(hashed(id).to_string())
    }

    /// Returns the value for the column `id`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hashed(id: &Id) -> Id {
    let digest = random::hash(&id.0.to_le_bytes());
    let (head, _) = digest.split_at(16);
    Id(i128::from_le_bytes(head.try_into().unwrap_or_default()))
}

/// A session store that passes every id to the inner store only as its hash, in the key and in the packed record.
#[derive(Clone, Debug)]
pub struct HashedStore<S>(S);

impl<S> HashedStore<S> {
    /// Wraps `store`.
    pub fn new(store: S) -> Self {
        Self(store)
    }
}

fn with_hashed_id(record: &Record) -> Record {
    Record { id: hashed(&record.id), ..record.clone() }
}

#[async_trait]
impl<S: SessionStore> SessionStore for HashedStore<S> {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let mut stored = with_hashed_id(record);
        let requested_id = stored.id;
        self.0.create(&mut stored).await?;
        // The store found the id in use and chose another, whose preimage is unknown. One in 2^128.
        if stored.id != requested_id {
            return Err(session_store::Error::Backend("a session id was taken".into()));
        }
        Ok(())
    }

    /// Does nothing. A row is written once, by `create`; all later changes have their own columns, and this store's way
    /// of saving would restore a row that was deleted in the meantime.
    async fn save(&self, _: &Record) -> session_store::Result<()> {
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let found = self.0.load(&hashed(id)).await?;
        Ok(found.map(|record| Record { id: *id, ..record }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.0.delete(&hashed(id)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_session_keys_only_from_canonical_ids() {
        let text = Id(42).to_string();
        assert_eq!(SessionKey::of_cookie(&text), Some(SessionKey::of(&Id(42))));
        assert_ne!(SessionKey::of(&Id(42)).as_str(), text);
        for other in ["", "a", &format!("{text}="), &text[1..], &format!(" {text}")] {
            assert_eq!(SessionKey::of_cookie(other), None, "{other}");
        }
    }
}
