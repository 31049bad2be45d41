//! Waiting turns in a fair order: a rotation of networks, each with a rotation of its accounts, each first come, first
//! served. Small enough for a linear search.

use std::collections::VecDeque;

use super::QueueKey;

/// The waiting turns.
pub(super) struct Turns<T> {
    networks: VecDeque<Network<T>>,
    len: usize,
}

struct Network<T> {
    name: String,
    accounts: VecDeque<Account<T>>,
}

struct Account<T> {
    name: String,
    /// Each with its id, the oldest first. Never empty.
    turns: VecDeque<(u64, T)>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { networks: VecDeque::new(), len: 0 }
    }
}

impl<T> Network<T> {
    fn len(&self) -> usize {
        self.accounts.iter().map(|account| account.turns.len()).sum()
    }

    /// Returns the index of the account with the most turns, and their number.
    fn longest(&self) -> Option<(usize, usize)> {
        let lengths = self.accounts.iter().map(|account| account.turns.len()).enumerate();
        lengths.max_by_key(|(_, turns)| *turns)
    }
}

impl<T> Turns<T> {
    /// Returns the number of waiting turns.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a turn. A network or account without a turn comes after all others.
    pub(super) fn push(&mut self, key: QueueKey, id: u64, turn: T) {
        let network = match self.networks.iter().position(|network| network.name == key.network) {
            Some(place) => place,
            None => {
                self.networks.push_back(Network { name: key.network, accounts: VecDeque::new() });
                self.networks.len() - 1
            }
        };
        let accounts = &mut self.networks[network].accounts;
        match accounts.iter_mut().find(|account| account.name == key.account) {
            Some(account) => account.turns.push_back((id, turn)),
            None => accounts.push_back(Account { name: key.account, turns: VecDeque::from([(id, turn)]) }),
        }
        self.len += 1;
    }

    /// Takes the next turn; its network and account move to the end of their rotations.
    pub(super) fn pop(&mut self) -> Option<(QueueKey, T)> {
        let mut network = self.networks.pop_front()?;
        let mut account = network.accounts.pop_front()?;
        let (_, turn) = account.turns.pop_front()?;
        let key = QueueKey { network: network.name.clone(), account: account.name.clone() };
        if !account.turns.is_empty() {
            network.accounts.push_back(account);
        }
        if !network.accounts.is_empty() {
            self.networks.push_back(network);
        }
        self.len -= 1;
        Some((key, turn))
    }

    /// Removes the turn with this id, if it still waits.
    pub(super) fn remove(&mut self, id: u64) -> Option<(QueueKey, T)> {
        let at = self.networks.iter().enumerate().find_map(|(network, entry)| {
            entry.accounts.iter().enumerate().find_map(|(account, entry)| {
                let turn = entry.turns.iter().position(|(found, _)| *found == id)?;
                Some((network, account, turn))
            })
        })?;
        self.take(at)
    }

    /// Removes the newest turn of the largest holder, if `key` will still have fewer than that holder keeps: first of
    /// another network, then of another account in the same network. `None` when that would be no fairer.
    pub(super) fn make_room_for(&mut self, key: &QueueKey) -> Option<(QueueKey, T)> {
        let own = self.networks.iter().position(|network| network.name == key.network);
        let own_turns = own.map_or(0, |own| self.networks[own].len());
        let lengths = self.networks.iter().map(Network::len).enumerate();
        let (longest, max_turns) = lengths.max_by_key(|(_, turns)| *turns)?;
        let network = if max_turns > own_turns + 1 { longest } else { own? };
        let (account, turns) = self.networks[network].longest()?;
        if Some(network) == own {
            let accounts = &self.networks[network].accounts;
            let own_turns =
                accounts.iter().find(|account| account.name == key.account).map_or(0, |own| own.turns.len());
            if turns <= own_turns + 1 {
                return None;
            }
        }
        self.take((network, account, turns - 1))
    }

    fn take(&mut self, (network, account, turn): (usize, usize, usize)) -> Option<(QueueKey, T)> {
        let entry = self.networks.get_mut(network)?;
        let own = entry.accounts.get_mut(account)?;
        let (_, removed) = own.turns.remove(turn)?;
        let key = QueueKey { network: entry.name.clone(), account: own.name.clone() };
        if own.turns.is_empty() {
            entry.accounts.remove(account);
        }
        if entry.accounts.is_empty() {
            self.networks.remove(network);
        }
        self.len -= 1;
        Some((key, removed))
    }
}
