//! `/_control`: the stand-in's own switches, for tests in another process. A page cannot turn them from a browser:
//! they want JSON, which another site may not send unasked.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{App, Endpoint, Mode, Person, mode::Rule, world::World};

/// What to change. Everything is optional, and done in this order.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Turn {
    /// As it was at the start, but for the app.
    reset: bool,
    /// Drops all rules, or those about one person.
    recover: Option<Scope>,
    app: Option<App>,
    /// New people, or others in their place. An id of 0 is replaced by a free one.
    people: Vec<Person>,
    remove: Vec<u64>,
    /// How the next requests are answered, one each.
    next: Vec<Wish>,
    /// How all requests are answered.
    always: Vec<Wish>,
    /// Lets time pass.
    later_seconds: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Everybody,
    Person(u64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    endpoint: Endpoint,
    answer: Mode,
    /// Only when it is about this person, so that tests can run beside each other.
    person: Option<u64>,
}

/// `POST`: changes things, and gives the ids of the new people.
pub async fn turn(State(world): State<Arc<World>>, Json(turn): Json<Turn>) -> Json<Value> {
    let mut state = world.lock();
    if turn.reset {
        let fresh = World::new(String::new(), state.app.clone());
        std::mem::swap(&mut *state, &mut *fresh.lock());
    }
    match turn.recover {
        Some(Scope::Everybody) => state.rules.clear(),
        Some(Scope::Person(id)) => state.rules.retain(|rule| rule.person != Some(id)),
        None => {}
    }
    if let Some(app) = turn.app {
        state.app = app;
    }
    let people: Vec<u64> = turn.people.into_iter().map(|person| state.add(person)).collect();
    for id in turn.remove {
        state.remove(id);
    }
    for (wishes, once) in [(turn.next, true), (turn.always, false)] {
        let rules = wishes.into_iter();
        state.rules.extend(rules.map(|w| Rule { endpoint: w.endpoint, mode: w.answer, person: w.person, once }));
    }
    state.later += Duration::from_secs(turn.later_seconds);
    Json(json!({ "people": people }))
}

/// `GET`: what was asked so far, and who is here.
pub async fn look(State(world): State<Arc<World>>) -> Json<Value> {
    let state = world.lock();
    let people: Vec<_> = state.people.values().collect();
    Json(json!({ "requests": state.seen, "people": people }))
}
