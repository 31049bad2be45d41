//! Slots for uploads of pictures. Each picture is held in memory until it is converted, so there are few slots; and a
//! slow upload keeps one for up to a minute, so no user gets more than a share of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::id::UserId;

/// The number of slots. A picture has at most 8 MB.
pub(super) const PLACES: usize = 12;
/// The most for one user.
const PER_USER: usize = 2;
/// The most for all users at one client address.
const PER_CLIENT: usize = 4;

/// The slots of this instance of the server.
#[derive(Default)]
pub(super) struct Places(Mutex<Vec<Holder>>);

/// A user, and the client address as the limits count it.
type Holder = (UserId, String);

/// A slot. Dropping it frees the slot.
pub(super) struct Place {
    places: Arc<Places>,
    holder: Holder,
}

impl Places {
    /// Takes a slot, if one is free and neither the user nor the client address has reached its share.
    pub(super) fn take(self: &Arc<Self>, user: UserId, client: String) -> Option<Place> {
        let mut holders = self.holders();
        let of_user = holders.iter().filter(|(holder, _)| *holder == user).count();
        let of_client = holders.iter().filter(|(_, holder)| *holder == client).count();
        if holders.len() >= PLACES || of_user >= PER_USER || of_client >= PER_CLIENT {
            return None;
        }
        let holder = (user, client);
        holders.push(holder.clone());
        Some(Place { places: Arc::clone(self), holder })
    }

    fn holders(&self) -> MutexGuard<'_, Vec<Holder>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut holders = self.places.holders();
        if let Some(at) = holders.iter().position(|holder| *holder == self.holder) {
            holders.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_upload_slots_per_user_and_client_address() {
        let places = Arc::new(Places::default());
        let take = |user, client: &str| places.take(UserId(user), client.to_owned());
        let first = (take(1, "a").unwrap(), take(1, "b").unwrap());
        assert!(take(1, "c").is_none(), "the share of a user");
        let second = (take(2, "a").unwrap(), take(3, "a").unwrap(), take(4, "a").unwrap());
        assert!(take(5, "a").is_none(), "the share of an address");
        let rest: Vec<_> = (10..17).map(|user| take(user, &user.to_string()).unwrap()).collect();
        assert!(take(20, "z").is_none(), "all places");
        drop(first);
        assert!(take(1, "a").is_some() && take(20, "z").is_some());
        drop((second, rest));
        assert_eq!(places.holders().len(), 0);
    }
}
