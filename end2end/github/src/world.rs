//! The whole state of the server, behind one lock.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand::{Rng, TryRngCore, rngs::OsRng};
use time::OffsetDateTime;

use crate::{App, Endpoint, Mode, Person, Seen, cast, mode::Rule};

/// One GitHub.
pub struct World {
    /// Its address.
    pub url: String,
    state: Mutex<State>,
}

pub struct State {
    pub app: App,
    pub people: BTreeMap<u64, Person>,
    pub codes: HashMap<String, Code>,
    pub tokens: HashMap<String, Token>,
    /// The persons who have consented, and the scopes.
    pub consents: BTreeSet<(u64, String)>,
    pub rules: Vec<Rule>,
    pub seen: Vec<Seen>,
    /// The difference by which its clock is ahead.
    pub later: Duration,
}

/// The data of a `code` until it is used.
pub struct Code {
    pub person: u64,
    /// The requested redirect URI, if any.
    pub redirect_uri: Option<String>,
    pub scope: String,
    /// SHA-256 of the verifier, base64url.
    pub challenge: Option<String>,
    pub expires_at: OffsetDateTime,
}

/// The data of a token.
#[derive(Clone)]
pub struct Token {
    pub person: u64,
    pub scope: String,
    /// Requests of this hour.
    pub used: u32,
}

impl World {
    pub fn new(url: String, app: App) -> Self {
        let state = State {
            app,
            people: cast::people(),
            codes: HashMap::new(),
            tokens: HashMap::new(),
            consents: BTreeSet::new(),
            rules: Vec::new(),
            seen: Vec::new(),
            later: Duration::ZERO,
        };
        Self { url, state: Mutex::new(state) }
    }

    /// A test that panicked during a change is no reason to fail the next.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the time here.
    #[expect(clippy::disallowed_methods, reason = "the one clock of the stand-in")]
    pub fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + self.later
    }

    pub fn add(&mut self, mut person: Person) -> u64 {
        if person.id == 0 {
            person.id = self.people.keys().next_back().map_or(1, |last| last + 1);
        }
        let id = person.id;
        self.people.insert(id, person);
        id
    }

    pub fn remove(&mut self, id: u64) {
        self.people.remove(&id);
        self.tokens.retain(|_, token| token.person != id);
        self.codes.retain(|_, code| code.person != id);
        self.consents.retain(|(person, _)| *person != id);
    }

    /// Returns the mode for this request, if it is not the usual one. A rule for one person comes before one for all
    /// persons, a rule for one request before one for all, and otherwise the older first.
    pub fn mode(&mut self, endpoint: Endpoint, person: Option<u64>) -> Option<Mode> {
        let fits = |rule: &Rule| rule.endpoint == endpoint && (rule.person.is_none() || rule.person == person);
        let best = (0..self.rules.len())
            .filter(|index| fits(&self.rules[*index]))
            .min_by_key(|index| (self.rules[*index].person.is_none(), !self.rules[*index].once))?;
        let once = self.rules[best].once;
        Some(if once { self.rules.remove(best).mode } else { self.rules[best].mode.clone() })
    }
}

/// Returns a random text of `length` letters and digits that need no escaping.
pub fn random(length: usize) -> String {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rng = OsRng.unwrap_err();
    (0..length).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_rules_take_precedence_and_apply_once() {
        let world = World::new(String::new(), App::default());
        let mut state = world.lock();
        let rule = |mode, person, once| Rule { endpoint: Endpoint::User, mode, person, once };
        state.rules = vec![
            rule(Mode::Down, None, false),
            rule(Mode::BlackHole, None, true),
            rule(Mode::ServerError, Some(7), true),
        ];
        assert_eq!(state.mode(Endpoint::User, Some(7)), Some(Mode::ServerError));
        assert_eq!(state.mode(Endpoint::User, Some(7)), Some(Mode::BlackHole));
        assert_eq!(state.mode(Endpoint::User, Some(7)), Some(Mode::Down));
        assert_eq!(state.mode(Endpoint::User, None), Some(Mode::Down));
        assert_eq!(state.mode(Endpoint::Token, Some(7)), None);
    }
}
